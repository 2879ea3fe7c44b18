"""What a role is called that there is once for each connector."""


def numbered(role: str, number: int) -> str:
    """The name of a role of a connector: `charger`, `charger2`."""
    return role if number == 1 else f"{role}{number}"
