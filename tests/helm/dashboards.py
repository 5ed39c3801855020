"""Writes helm/push-fleet/dashboards/*.json: `python3 tests/helm/dashboards.py write`.

Grafana's JSON repeats itself; here a panel is a line. test_dashboards.py runs every query.
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "helm/push-fleet/dashboards"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
V = 'namespace=~"$namespace",vendor=~"$vendor"'
VA = V + ',app=~"$app"'
WIDTH = 24


def rate(metric, by, labels=V, window="$__rate_interval"):
    return f"sum by ({by}) (rate({metric}{{{labels}}}[{window}]))"


def quantile(q, metric, by, labels=V):
    return f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"


def rare(expression):
    """What may never have happened: then it is 0, and a panel without data would mean a metric that is gone."""
    return f"({expression}) or sum by (vendor) (push_build_info{{{V}}}) * 0"


def lines(title, *queries, unit="short", about="", stack=False, kind="timeseries", width=8, **more):
    """`queries`: (expression, legend)."""
    draw = {"fillOpacity": 20, "stacking": {"mode": "normal"}} if stack else {"fillOpacity": 0}
    return {
        "title": title, "type": kind, "width": width, "description": about, "unit": unit, "custom": draw,
        "targets": queries, **more,
    }


def stat(title, expression, unit="short", about="", thresholds=()):
    steps = [{"color": "green", "value": None}, *({"color": color, "value": value} for value, color in thresholds)]
    return {"title": title, "type": "stat", "width": 4, "height": 4, "description": about, "unit": unit, "targets": [(expression, "")],
            "thresholds": {"mode": "absolute", "steps": steps}, "instant": True}


def heat(title, metric, about=""):
    query = f"sum by (le) (increase({metric}_bucket{{{V}}}[$__rate_interval]))"
    return {"title": title, "type": "heatmap", "width": 12, "description": about, "unit": "s", "targets": [(query, "{{le}}")],
            "format": "heatmap"}


def table(title, expression, about="", width=12):
    return {"title": title, "type": "table", "width": width, "description": about, "unit": "short", "targets": [(expression, "")],
            "instant": True, "format": "table"}


ENDED_BADLY = 'outcome=~"rejected|unsupported|misconfigured|failed|unknown"'
COUNTED = 'outcome!~"invalid_token|superseded|expired|discarded"'


def success(by):
    good = rate("push_outcomes_total", by, VA + ',outcome="accepted"')
    return f"{good} / {rate('push_outcomes_total', by, VA + ',' + COUNTED)}"


def rows(by):
    """`by`: what a line of the dashboard stands for, vendor or app."""
    legend = "{{" + by + "}}"
    return [
        ("Now", [
            stat("Jobs in", f"sum(rate(push_jobs_received_total{{{VA}}}[$__rate_interval]))", "cps"),
            stat("Accepted", f'sum(rate(push_outcomes_total{{{VA},outcome="accepted"}}[$__rate_interval]))', "cps"),
            stat("Success", f"sum({rate('push_outcomes_total', by, VA + ',outcome=' + chr(34) + 'accepted' + chr(34))}) / "
                            f"sum({rate('push_outcomes_total', by, VA + ',' + COUNTED)})", "percentunit",
                 "Of what could be sent: dead tokens, superseded and expired jobs do not count."),
            stat("Workers", f"sum(push_amqp_connected{{{V}}})", about="Connected to RabbitMQ."),
            stat("Blocked apps and quotas", f"sum(push_blocked{{{V}}}) or vector(0)", thresholds=[(1, "red")]),
            stat("Parked in a day", f"sum(increase(push_jobs_parked_total{{{V}}}[1d]))", thresholds=[(1, "orange")]),
        ]),
        ("Traffic", [
            lines("Jobs in", (rate("push_jobs_received_total", f"{by}, lane", VA), legend + " {{lane}}"), unit="cps", stack=True),
            lines("Jobs settled", (rate("push_jobs_settled_total", f"{by}, lane", VA), legend + " {{lane}}"), unit="cps", stack=True,
                  about="Lags behind what comes in while something blocks."),
            lines("Success", (success(by), legend), unit="percentunit", min=0, max=1),
            lines("Outcomes", (rate("push_outcomes_total", "outcome", VA), "{{outcome}}"), unit="cps", stack=True),
            table("Reasons in this time", f"topk(30, sum by (vendor, app, outcome, reason) (increase(push_outcomes_total{{{VA}}}[$__range])))",
                  width=8),
            table("The vendor's own codes", f"topk(30, sum by (vendor, app, code) (increase(push_vendor_codes_total{{{VA}}}[$__range])))",
                  "A growing `other`: the vendor answers what no table knows.", 8),
        ]),
        ("Time", [
            heat("From the producer to acceptance", "push_end_to_end_seconds"),
            heat("The vendor's answers", "push_vendor_call_seconds"),
            lines("From the producer to acceptance", *[(quantile(q, "push_end_to_end_seconds", "lane"), f"{{{{lane}}}} {int(100 * q)} %")
                                                     for q in (0.5, 0.9, 0.99)], unit="s"),
            lines("Waited in a queue, 99 %", (quantile(0.99, "push_queue_wait_seconds", "vendor, lane"), "{{vendor}} {{lane}}"), unit="s",
                  about="From the producer to the worker: the age of what arrives."),
            lines("Waiting jobs", (told("push_queue_jobs", "work", "app, lane", "vendor, lane", VA), "{{vendor}} {{lane}}"), stack=True),
            lines("The oldest waiting job", (told("push_queue_oldest_seconds", "work", "lane", filters=VA), "{{vendor}} {{lane}}"), unit="s",
                  about="Also when nothing arrives. At most so old; docs/metrics.md says how that is known."),
            lines("Vendor calls", *[(quantile(q, "push_vendor_call_seconds", "vendor, api"), f"{{{{vendor}}}} {{{{api}}}} {int(100 * q)} %")
                                    for q in (0.5, 0.99)], unit="s"),
        ]),
        ("Limits and quotas", [
            lines("Limit, aim, and what is granted", (f'max by (vendor, app, what) (push_rate_limit{{{VA},what!="factor"}})', "{{vendor}} {{app}} {{what}}"),
                  (rate("push_rate_granted_total", "vendor, app", VA), "{{vendor}} {{app}} granted"), unit="cps"),
            lines("Granted, by lane", (rate("push_rate_granted_total", "lane", VA), "{{lane}}"), unit="cps", stack=True),
            lines("Waiting for the rate", (f"sum by (vendor, lane) (push_rate_waiting{{{VA}}})", "{{vendor}} {{lane}}"),
                  about="In the vendor's unit: calls or targets."),
            lines("How the limit is kept", (f"sum by (mode) (push_rate_mode{{{VA}}})", "{{mode}}"), about="Apps and workers in each mode."),
            lines("Slowed down by the vendor", (f'min by (vendor, app) (push_rate_limit{{{VA},what="factor"}})', "{{vendor}} {{app}}"),
                  unit="percentunit", min=0, max=1),
            lines("Calls", (rate("push_vendor_calls_total", "vendor, app, result", VA), "{{vendor}} {{app}} {{result}}"), unit="cps",
                  about="Beside the limit: how much of it is used."),
            lines("Waited for the rate, 99 %", (quantile(0.99, "push_rate_wait_seconds", "vendor, app", VA), "{{vendor}} {{app}}"), unit="s",
                  about="More workers do not help; a higher limit does."),
            lines("Targets in a call", (f"sum by (vendor, api) (rate(push_batch_targets_sum{{{V}}}[$__rate_interval])) / "
                                        f"sum by (vendor, api) (rate(push_batch_targets_count{{{V}}}[$__rate_interval]))", "{{vendor}} {{api}}")),
            lines("Quota used", (f'max by (vendor, app, quota) (push_quota{{{VA},what="used"}}) / max by (vendor, app, quota) (push_quota{{{VA},what="limit"}})',
                                 "{{vendor}} {{app}} {{quota}}"), unit="percentunit", min=0, max=1,
                  about="Of the vendor's day, by what workers took of it; a lane may use up its ceiling."),
            lines("Quota used up in", (rare(f"min by (vendor, app, quota) (push_quota_runs_out_timestamp_seconds{{{VA}}} > 0) - time()"),
                                       "{{vendor}} {{app}} {{quota}}"), unit="s", about="By the curve of the day so far; nothing: it lasts."),
            lines("Ended for a spent quota", (rare(rate("push_outcomes_total", "vendor", VA + ',outcome=~"quota_exhausted|device_capped"')),
                                              "{{vendor}}"), unit="cps"),
            lines("In a lower class", (rare(rate("push_degraded_total", "vendor, app, class", VA)), "{{vendor}} {{app}} {{class}}"), unit="cps",
                  about="For want of a right: it arrives silently, later or capped."),
        ]),
        ("Trouble", [
            lines("Blocked", (rare(f"max by (vendor, subject, why) (push_blocked{{{V}}})"), "{{vendor}} {{subject}} {{why}}")),
            lines("Breaker opened", (rate("push_breaker_opened_total", "vendor, app", VA), "{{vendor}} {{app}}"), unit="cps"),
            lines("Repeats", (rate("push_repeats_total", "vendor, reason", VA), "{{vendor}} {{reason}}"), unit="cps",
                  about="Targets put into the wait ladder."),
            lines("Dead tokens", (rate("push_outcomes_total", f"{by}", VA + ',outcome="invalid_token"'), legend),
                  (f"sum by (vendor) (rate(push_tokens_suspect_total{{{VA}}}[$__rate_interval]))", "{{vendor}} suspect"), unit="cps"),
            lines("Came twice", (rate("push_duplicates_total", "vendor, how", VA), "{{vendor}} {{how}}"),
                  (rare(rate("push_ambiguous_total", "vendor, then", VA)), "{{vendor}} ambiguous {{then}}"), unit="cps"),
            lines("Tokens end in", (f"min by (vendor, app) (push_credential_expiry_timestamp_seconds{{{VA}}}) - time()", "{{vendor}} {{app}}"),
                  unit="s", about="They are renewed well before, as long as jobs come."),
            lines("Days left", (f"min by (vendor, app, what) (push_renew_by_timestamp_seconds{{{VA}}} - time()) / 86400",
                                "{{vendor}} {{app}} {{what}}"),
                  about="Until what a human must renew ends: certificates, rights with an end. Nothing here: there is no such thing."),
            lines("Parked", (rate("push_jobs_parked_total", "vendor, reason"), "{{vendor}} {{reason}}"), unit="cps"),
            lines("Failed fetches of a token", (rare(rate("push_credential_fetches_total", "vendor, app", VA + ',result="failed"')),
                                                "{{vendor}} {{app}}"), unit="cps"),
            lines("Settings", (f"max by (vendor) (push_settings_reload_failed{{{V}}})", "{{vendor}} refused"),
                  (rate("push_settings_reloads_total", "vendor, result"), "{{vendor}} {{result}}")),
        ]),
        ("Processes", [
            lines("In work", (f"sum by (vendor) (push_in_work{{{V}}})", "{{vendor}} jobs"),
                  (f"sum by (vendor) (push_in_flight{{{VA}}})", "{{vendor}} calls")),
            lines("Memory", (f"max by (vendor) (process_resident_memory_bytes * on (instance) group_left (vendor) push_build_info{{{V}}})",
                             "{{vendor}}"), unit="bytes", about="The largest worker of each vendor."),
            lines("CPU", (f"sum by (vendor) (rate(process_cpu_seconds_total[$__rate_interval]) * on (instance) group_left (vendor) "
                          f"push_build_info{{{V}}})", "{{vendor}}"), about="Cores, all workers of a vendor."),
            lines("Redis, 99 %", (quantile(0.99, "push_store_seconds", "what"), "{{what}}"), unit="s"),
            lines("RabbitMQ's confirms, 99 %", (quantile(0.99, "push_publish_confirm_seconds", "vendor"), "{{vendor}}"), unit="s"),
            lines("Connected", (f"min by (vendor) (push_store_up{{{V}}})", "{{vendor}} Redis"),
                  (f"min by (vendor) (push_amqp_connected{{{V}}})", "{{vendor}} RabbitMQ")),
            lines("Versions", (f"count by (vendor, version) (push_build_info{{{V}}})", "{{vendor}} {{version}}"), width=24),
        ]),
    ]


def told(metric, queue, labels, by=None, filters=V):
    """What one worker of each vendor tells of its queues; while Redis is away it may be two."""
    each = f'max by (namespace, vendor, {labels}) ({metric}{{{filters},queue="{queue}"}})'
    return f"sum by ({by}) ({each})" if by else each


READY = "rabbitmq_detailed_queue_messages_ready"


def queues(kind, by, metric=READY):
    """A sum over RabbitMQ's own figures for the queues of one kind; their names end in vendor, lane and app, or so."""
    parts = {"jobs": ["vendor", "lane", "app"], "held": ["vendor", "app", "quota"], "wait": ["vendor", "delay"], "parked": ["vendor"]}[kind]
    name = ".*push[.]" + kind + "".join("[.](.+)" if part == parts[-1] else "[.]([^.]+)" for part in parts)
    expression = f'{metric}{{queue=~"{name}"}}'
    for i, part in enumerate(parts, 1):
        expression = f'label_replace({expression}, "{part}", "${i}", "queue", "{name}")'
    return f"sum by ({by}) ({expression})"


def queue_rows():
    settled = "sum by (vendor, lane, app) (rate(push_jobs_settled_total[$__rate_interval]))"
    return [("Queues, as one worker of each vendor sees them", [
        lines("Waiting jobs", (told("push_queue_jobs", "work", "app, lane", "vendor, lane"), "{{vendor}} {{lane}}"), stack=True),
        lines("The oldest waiting job", (told("push_queue_oldest_seconds", "work", "app, lane"), "{{vendor}} {{lane}} {{app}}"), unit="s",
              about="Also when nothing arrives. At most so old; docs/metrics.md says how that is known."),
        lines("Consumers", (told("push_queue_consumers", "work", "app, lane"), "{{vendor}} {{lane}} {{app}}"),
              about="0: the app is blocked, or workers cannot consume."),
        lines("The oldest held job", (told("push_queue_oldest_seconds", "held", "app, quota"), "{{vendor}} {{app}} {{quota}}"), unit="s",
              about="Over a day: its quota did not reopen."),
        lines("Parked", (told("push_queue_jobs", "parked", "queue"), "{{vendor}}"),
              (f'max by (queue) (push_queue_jobs{{{V},queue="unrouted"}})', "nobody's"), about="They wait for a human."),
        lines("The longest parked", (told("push_queue_oldest_seconds", "parked", "queue"), "{{vendor}}"), unit="s"),
    ]), ("Queues, by RabbitMQ's own word: also when no worker runs", [
        lines("Waiting jobs", (queues("jobs", "vendor, lane"), "{{vendor}} {{lane}}"), stack=True, width=12),
        lines("Time to drain", (f"{queues('jobs', 'vendor, lane, app')} / {settled}", "{{vendor}} {{lane}} {{app}}"), unit="s",
              about="Waiting jobs through the rate at which workers settle them.", width=12),
        lines("Consumers", (queues("jobs", "vendor, lane, app", "rabbitmq_detailed_queue_consumers"), "{{vendor}} {{lane}} {{app}}"),
              about="0: no worker, or the app is blocked.", width=12),
        lines("Taken and not yet acknowledged", (queues("jobs", "vendor, lane", "rabbitmq_detailed_queue_messages_unacked"),
                                                "{{vendor}} {{lane}}"), width=12),
        lines("In the wait ladder", (queues("wait", "vendor, delay"), "{{vendor}} {{delay}}"), about="Repeated after a failure."),
        lines("Parked", (queues("parked", "vendor"), "{{vendor}}"), about="They wait for a human. `unrouted`: nobody's."),
        lines("Held for a quota", (queues("held", "vendor, app, quota"), "{{vendor}} {{app}} {{quota}}")),
        lines("Receipts not read", (f'sum by (queue) ({READY}{{queue=~".*push[.]receipts"}})', "{{queue}}"), width=24),
    ])]


def panel(spec, identity, x, y):
    targets = []
    for i, (expression, legend) in enumerate(spec["targets"]):
        targets.append({"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expression, "legendFormat": legend,
                        "format": spec.get("format", "time_series"), "instant": spec.get("instant", False),
                        "range": not spec.get("instant", False)})
    defaults = {"unit": spec["unit"]}
    for key in ("custom", "thresholds", "min", "max"):
        if key in spec:
            defaults[key] = spec[key]
    result = {"id": identity, "type": spec["type"], "title": spec["title"], "description": spec["description"], "datasource": SOURCE,
              "gridPos": {"x": x, "y": y, "w": spec["width"], "h": spec.get("height", 8)},
              "fieldConfig": {"defaults": defaults, "overrides": []}, "targets": targets}
    if spec["type"] == "timeseries":
        result["options"] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
    if spec["type"] == "heatmap":
        result["options"] = {"calculate": False, "yAxis": {"unit": "s"}}
    return result


def dashboard(uid, title, sections, variables):
    panels, identity, y = [], 1, 0
    for name, specs in sections:
        panels.append({"id": identity, "type": "row", "title": name, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        identity, y, x = identity + 1, y + 1, 0
        for spec in specs:
            height = spec.get("height", 8)
            if x + spec["width"] > WIDTH:
                x, y = 0, y + height
            panels.append(panel(spec, identity, x, y))
            identity, x = identity + 1, x + spec["width"]
        y += specs[-1].get("height", 8)

    return {
        "uid": uid, "title": title, "tags": ["push-fleet"], "schemaVersion": 39, "editable": True, "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"}, "timezone": "browser",
        "links": [{"type": "dashboards", "tags": ["push-fleet"], "title": "push-fleet", "asDropdown": True, "includeVars": True}],
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus"}, *variables,
        ]},
        "panels": panels,
    }


def variable(name, query, several):
    more = {"includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}} if several else {}
    return {"name": name, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2, "sort": 1, "multi": several, **more}


def files():
    def places(many):
        return [variable("namespace", "label_values(push_build_info, namespace)", True),
                variable("vendor", 'label_values(push_build_info{namespace=~"$namespace"}, vendor)', many)]

    def variables(many):
        return [*places(many), variable("app", 'label_values(push_jobs_received_total{namespace=~"$namespace",vendor=~"$vendor"}, app)', True)]

    boards = {"fleet": dashboard("push-fleet", "push-fleet", rows("vendor"), variables(True)),
              "vendor": dashboard("push-fleet-vendor", "push-fleet: one vendor", rows("app"), variables(False)),
              "queues": dashboard("push-fleet-queues", "push-fleet: queues", queue_rows(), places(True))}
    return {FOLDER / f"{name}.json": json.dumps(board, indent=1, ensure_ascii=False) + "\n" for name, board in boards.items()}


if __name__ == "__main__":
    if sys.argv[1:] != ["write"]:
        sys.exit("usage: dashboards.py write")
    FOLDER.mkdir(exist_ok=True)
    for path, text in files().items():
        path.write_text(text)
