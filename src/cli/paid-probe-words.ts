import type { StatusView } from "../core/admin-view.ts";
import type { PaidProbeView } from "../core/health-view.ts";
import { formatUsd } from "../core/money.ts";
import { formatDuration } from "../terminal/format.ts";
import { type Column, renderTable } from "../terminal/table.ts";
import type { HealthLook } from "./status-health.ts";

function columns(now: number): readonly Column<PaidProbeView>[] {
  return [
    { title: "paid probe", cell: ({ model }) => model, canShrink: true },
    { title: "asked", cell: ({ at }) => (at === null ? "not yet" : `${formatDuration(Math.max(0, now - at))} ago`) },
    { title: "took", cell: ({ tookMs }) => (tookMs === null ? "" : formatDuration(tookMs)), align: "right" },
    {
      title: "cost",
      cell: ({ costNanoUsd }) => (costNanoUsd === null ? "" : formatUsd(costNanoUsd)),
      align: "right",
    },
    { title: "error", cell: ({ error }) => error ?? "", canShrink: true },
  ];
}

/** The models that are asked for one token now and then, and what that cost today; no line where nobody asked for it. */
export function paidProbeLines({ paidProbes }: StatusView, look: HealthLook): readonly string[] {
  if (paidProbes === null) return [];
  const { everyMs, capNanoUsd, spentNanoUsd, models } = paidProbes;
  const spent = spentNanoUsd === null ? "an unknown part" : formatUsd(spentNanoUsd);
  return [
    "",
    ...renderTable(models, columns(look.now), look),
    look.style.dim(
      `every ${formatDuration(everyMs)} where nobody else was answered; ${spent} of ${formatUsd(capNanoUsd)} today`,
    ),
  ];
}
