import type { LodestarEvent } from "../core/event.ts";
import { targetName } from "../core/target.ts";
import type { Bus } from "../gateway/bus.ts";
import type { Log } from "../host/log/log.ts";

function write(event: LodestarEvent, log: Log): void {
  switch (event.event) {
    case "settled": {
      const { intent, outcome } = event;
      log.write(outcome.state === "failed" ? "warn" : "info", `${outcome.state} ${targetName(intent)}`, {
        requestId: intent.requestId,
        attempt: intent.attempt,
        requested: intent.requestedModel,
        reason: intent.routeReason,
        durationMs: outcome.endedAt - intent.startedAt,
        costNanoUsd: outcome.costNanoUsd,
        ...(outcome.fault === null ? {} : { fault: outcome.fault.kind, detail: outcome.fault.message }),
      });
      return;
    }
    case "fallback":
      log.write("warn", `fell back from ${event.from} to ${event.to}`, {
        requestId: event.requestId,
        fault: event.fault,
      });
      return;
    case "health":
      log.write("warn", `${event.provider}/${event.model ?? event.account} is ${event.state}`, {
        reason: event.reason,
      });
      return;
    case "budget": {
      const { budget, name, step, percent, spentNanoUsd, limitNanoUsd, requestId } = event;
      const fields = { name, percent, spentNanoUsd, limitNanoUsd, ...(requestId === null ? {} : { requestId }) };
      log.write("warn", `budget ${budget}: ${step}`, fields);
      return;
    }
    case "config":
      log.write(event.outcome === "loaded" ? "info" : "error", `configuration ${event.outcome}`, {
        detail: event.message,
      });
      return;
    case "local": {
      const { provider, model, step, cause, contextTokens, tookMs, replaced } = event;
      if (step === "draw") return;
      const level = step === "truncation" ? "warn" : "info";
      log.write(level, `local ${step} of ${provider}/${model}`, { cause, contextTokens, tookMs, replaced });
      return;
    }
    case "draining":
      log.write("info", "draining", { open: event.open, deadlineMs: event.deadlineMs });
      return;
    case "ready":
      log.write("info", "ready", {
        apiUrl: event.apiUrl,
        adminUrl: event.adminUrl,
        version: event.version,
        pid: event.pid,
      });
  }
}

/** Writes a line for every event; the returned function ends that. */
export function logEvents(bus: Bus, log: Log): () => void {
  return bus.subscribe((event) => write(event, log));
}
