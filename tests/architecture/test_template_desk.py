"""The pool and the host of the desk in template.yaml."""

from __future__ import annotations

from typing import Any

from tests.support.iam_policies import RESOURCES, is_permitted
from tests.support.template import variables


def _properties(name: str, condition: str) -> dict[str, Any]:
    assert RESOURCES[name]["Condition"] == condition
    properties: dict[str, Any] = RESOURCES[name]["Properties"]
    return properties


def test_administrators_create_the_people_of_the_pool_and_each_needs_a_second_factor() -> None:
    pool = _properties("DeskUsers", "MakesDeskUsers")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == [{"Name": "admin_only", "Priority": 1}]


def test_the_client_of_the_pool_has_the_code_flow_alone() -> None:
    client = _properties("DeskUsersClient", "MakesDeskUsers")
    assert client["AllowedOAuthFlows"] == ["code"]
    assert set(client["AllowedOAuthScopes"]) == {"openid", "profile"}
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"], "no password outside of the page"
    assert client["SupportedIdentityProviders"] == ["COGNITO"]
    for urls, path in (("CallbackURLs", "signed-in"), ("LogoutURLs", "signed-out")):
        ((text, _),) = [url["Fn::Sub"] for url in client[urls]]
        assert text == f"${{Base}}/desk/{path}"


def test_the_function_reads_the_pool_from_the_parameter_and_knows_its_groups() -> None:
    environment = variables("DeskFunction")
    name = _properties("DeskPool", "MakesDeskUsers")["Name"]
    assert environment["DESK_POOL_PARAMETER"]["Fn::If"] == ["MakesDeskUsers", name, ""]
    assert environment["DESK_GROUPS_CLAIM"]["Fn::If"][1] == "cognito:groups"
    groups = {"DESK_AGENT_GROUP": "DeskAgents", "DESK_PRIVACY_GROUP": "DeskOfficers"}
    for variable, group in groups.items():
        group_name = _properties(group, "MakesDeskUsers")["GroupName"]
        assert environment[variable]["Fn::If"][:2] == ["MakesDeskUsers", group_name]


def test_only_the_desk_answers_at_the_host_of_the_desk() -> None:
    of_api = [
        name
        for name, resource in RESOURCES.items()
        if resource.get("Properties", {}).get("ApiId") == {"Ref": "DeskApi"}
    ]
    assert sorted(of_api) == ["DeskApiIntegration", "DeskApiMapping", "DeskApiRoute", "DeskApiStage"]
    integration = _properties("DeskApiIntegration", "HasDeskDomain")
    assert integration["IntegrationUri"] == {"Fn::GetAtt": ["DeskFunction", "Arn"]}
    assert integration["PayloadFormatVersion"] == "2.0"
    assert _properties("DeskApi", "HasDeskDomain")["DisableExecuteApiEndpoint"] is True
    assert _properties("DeskApiPermission", "HasDeskDomain")["FunctionName"] == {"Ref": "DeskFunction"}


def test_the_host_of_the_desk_has_the_same_access_log_and_a_throttle() -> None:
    stage = _properties("DeskApiStage", "HasDeskDomain")
    assert stage["AccessLogSettings"] == RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 20


def test_the_desk_cannot_touch_an_api_key() -> None:
    keys = {"dynamodb:LeadingKeys": {"key#0123"}}
    for call in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        assert not is_permitted("DeskFunction", f"dynamodb:{call}", "ControlTable", keys)
