"""The rule of four eyes: how many different people sign a removal. No database."""


def needed_signatures(*, bots: int, owners: int, four_eyes_from_bots: int, four_eyes_from_users: int) -> int:
    """Two from the playbook's impact on, else one."""
    return 2 if bots >= four_eyes_from_bots or owners >= four_eyes_from_users else 1
