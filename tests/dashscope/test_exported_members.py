from jobs import dashscope


def test_the_public_names_are_these_and_all_of_them_exist():
    assert dashscope.__all__ == [
        "BEIJING",
        "IMPORT_PATH",
        "REGIONS",
        "SINGAPORE",
        "CreatedJob",
        "DashScopeError",
        "Exchange",
        "JobPage",
        "NotSent",
        "OutcomeUnknown",
        "Reason",
        "Refusal",
        "Region",
        "Rejected",
        "RemoteJob",
        "RemoteJobAnswer",
        "Throttled",
        "Timeouts",
        "build_create_payload",
        "checked_base_url",
        "region_of",
    ]
    assert all(hasattr(dashscope, name) for name in dashscope.__all__)
