// A central system on ocpp-rpc, in its strict mode: a session with the charge point that connects.
//
//     NODE_PATH=.../node_modules node central.js PORT
//
// Ends with status 0 where ocpp-rpc found each message right and each answer was as expected.
const assert = require('assert');
const { RPCServer } = require('ocpp-rpc');

const TRANSACTION = 4711;
const ACCEPTED = { status: 'Accepted' };
const now = () => new Date().toISOString();
const ANSWERS = {
    BootNotification: () => ({ status: 'Accepted', interval: 300, currentTime: now() }),
    Heartbeat: () => ({ currentTime: now() }),
    StatusNotification: () => ({}),
    MeterValues: () => ({}),
    Authorize: () => ({ idTagInfo: ACCEPTED }),
    StartTransaction: () => ({ transactionId: TRANSACTION, idTagInfo: ACCEPTED }),
    StopTransaction: () => ({ idTagInfo: ACCEPTED }),
};

function fail(error) {
    console.log(`wrong: ${error.message || error}`);
    process.exit(1);
}

// Resolves with the next call of this method and these values, from now on.
function next(client, method, wanted = {}) {
    return new Promise((resolve) => {
        const listen = ({ outbound, payload }) => {
            if (outbound || payload[2] !== method) return;
            if (!Object.entries(wanted).every(([name, value]) => payload[3][name] === value)) return;
            client.off('call', listen);
            resolve(payload[3]);
        };
        client.on('call', listen);
    });
}

const limit = (amperes, purpose) => ({
    connectorId: 1,
    csChargingProfiles: {
        chargingProfileId: 1,
        stackLevel: 0,
        chargingProfilePurpose: purpose,
        chargingProfileKind: 'Relative',
        chargingSchedule: {
            chargingRateUnit: 'A',
            chargingSchedulePeriod: [{ startPeriod: 0, limit: amperes }],
        },
    },
});

async function session(client) {
    await next(client, 'StatusNotification', { connectorId: 1 });
    const known = await client.call('GetConfiguration', {});
    assert(known.configurationKey.length > 20);
    assert.deepStrictEqual(await client.call('SetChargingProfile', limit(16, 'TxDefaultProfile')), ACCEPTED);
    const early = await client.call('SetChargingProfile', limit(16, 'TxProfile'));
    assert.deepStrictEqual(early, { status: 'Rejected' });
    const starts = next(client, 'StartTransaction');
    const charges = next(client, 'StatusNotification', { status: 'Charging' });
    const metered = next(client, 'MeterValues', { transactionId: TRANSACTION });
    const begin = await client.call('RemoteStartTransaction', { idTag: 'THIRD', connectorId: 1 });
    assert.deepStrictEqual(begin, ACCEPTED);
    assert.strictEqual((await starts).idTag, 'THIRD');
    await charges;
    await metered;
    const stops = next(client, 'StopTransaction', { transactionId: TRANSACTION });
    const end = await client.call('RemoteStopTransaction', { transactionId: TRANSACTION });
    assert.deepStrictEqual(end, ACCEPTED);
    assert.strictEqual((await stops).reason, 'Remote');
    const error = await client.call('CancelReservation', { reservationId: 1 }).catch((e) => e);
    assert.strictEqual(error.rpcErrorCode, 'NotSupported');
}

const server = new RPCServer({ protocols: ['ocpp1.6'], strictMode: true });
server.on('client', (client) => {
    client.on('strictValidationFailure', ({ error }) => fail(error));
    client.on('badMessage', ({ error }) => fail(error));
    for (const [method, answer] of Object.entries(ANSWERS)) client.handle(method, answer);
    session(client).then(() => process.exit(0), fail);
});
server.listen(Number(process.argv[2]), '127.0.0.1').then(() => console.log('listening'));
