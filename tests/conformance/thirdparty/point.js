// A charge point on ocpp-rpc, in its strict mode: a session with a central system that steers it.
//
//     NODE_PATH=.../node_modules node point.js ws://127.0.0.1:9000/ ID
//
// Ends with status 0 where ocpp-rpc found each message right and each answer was as expected.
const assert = require('assert');
const { RPCClient, createRPCError } = require('ocpp-rpc');

const [endpoint, identity] = process.argv.slice(2);
const now = () => new Date().toISOString();
const asked = {}; // by method: what resolves with its next call

function fail(error) {
    console.log(`wrong: ${error.message || error}`);
    process.exit(1);
}

const next = (method) => new Promise((resolve) => { asked[method] = resolve; });

const client = new RPCClient({ endpoint, identity, protocols: ['ocpp1.6'], strictMode: true });
client.on('strictValidationFailure', ({ error }) => fail(error));
client.on('badMessage', ({ error }) => fail(error));
client.handle(({ method, params }) => {
    if (asked[method]) asked[method](params);
    if (method === 'GetConfiguration') return { configurationKey: [], unknownKey: params.key || [] };
    if (['SetChargingProfile', 'RemoteStartTransaction', 'RemoteStopTransaction'].includes(method)) {
        return { status: 'Accepted' };
    }
    throw createRPCError('NotSupported');
});

const status = (name) => client.call('StatusNotification', {
    connectorId: 1, errorCode: 'NoError', status: name, timestamp: now(),
});

async function session() {
    const limits = next('SetChargingProfile');
    const begins = next('RemoteStartTransaction');
    await client.connect();
    const model = { chargePointVendor: 'ocpp-rpc', chargePointModel: 'strict' };
    assert.strictEqual((await client.call('BootNotification', model)).status, 'Accepted');
    await status('Preparing');
    await client.call('Heartbeat', {});
    const period = (await limits).csChargingProfiles.chargingSchedule.chargingSchedulePeriod[0];
    assert.strictEqual(period.limit, 16);
    const { idTag } = await begins;
    const ends = next('RemoteStopTransaction');
    const start = { connectorId: 1, idTag, meterStart: 0, timestamp: now() };
    const { transactionId, idTagInfo } = await client.call('StartTransaction', start);
    assert.strictEqual(idTagInfo.status, 'Accepted');
    await status('Charging');
    const sample = { value: '16', measurand: 'Current.Import', unit: 'A' };
    const meterValue = [{ timestamp: now(), sampledValue: [sample] }];
    await client.call('MeterValues', { connectorId: 1, transactionId, meterValue });
    assert.strictEqual((await ends).transactionId, transactionId);
    await client.call('StopTransaction', { transactionId, meterStop: 1, timestamp: now() });
    await status('Finishing');
    const error = await client.call('DataTransfer', { vendorId: 'v' });
    assert.strictEqual(error.status, 'UnknownVendorId');
    await client.close();
}

session().then(() => process.exit(0), fail);
