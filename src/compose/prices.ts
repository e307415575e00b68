import { readFileSync, statSync } from "node:fs";
import type { BackendInputs } from "../cli/backend.ts";
import type { Loaded } from "../config/load.ts";
import type { PriceWish, UpdatedSource } from "../core/price-view.ts";
import { failure, type Result, success } from "../core/result.ts";
import { PUBLISHED } from "../features/prices/published.ts";
import { type PriceReportParts, reportDifferences, reportTables } from "../features/prices/report.ts";
import { showPrices } from "../features/prices/show.ts";
import { type FetchedPrices, updatePrices } from "../features/prices/update.ts";
import { extraCertificates } from "../host/certificates.ts";
import { systemClock } from "../host/clock.ts";
import { createEgress, type Egress } from "../host/egress.ts";
import { NO_UPDATE, openTables, readPreviousUpdate, undoUpdate } from "../host/prices/tables.ts";
import { errorText } from "../host/private-file.ts";
import type { PriceReports } from "../http/admin/context.ts";
import { PROVIDERS } from "../providers/_all.ts";
import { listCatalogue } from "../providers/catalogue.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { pricingOf } from "./current-config.ts";
import { openPrivateStateDir } from "./state-dir.ts";

/** The larger of the two sources has 3 MB. */
const MOST_BYTES = 32 * 1024 * 1024;
const FETCH_TIMEOUT_MS = 60_000;
/** GitHub sends JSON as plain text. */
const MEDIA_TYPES = ["application/json", "text/plain", "application/octet-stream"];

type Priced = Pick<Loaded, "settings" | "stateDir">;

function reportParts({ settings, stateDir }: Priced, now: number): PriceReportParts {
  const configured = settings.providers.map(({ provider }) => provider.id);
  const known = [...PROVIDERS, ...listCatalogue()].map(({ id }) => id);
  const previous = readPreviousUpdate(stateDir);
  return {
    tables: openTables(stateDir),
    previous: previous.ok ? previous.value : NO_UPDATE,
    pricing: pricingOf(settings),
    providers: [...new Set([...configured, ...known])],
    now,
  };
}

/** What is known of prices under the configuration in use; the tables are read anew for each report. */
export function priceReports(loaded: () => Priced, now: () => number): PriceReports {
  const parts = (): PriceReportParts => reportParts(loaded(), now());
  return {
    tables: () => reportTables(parts()),
    show: (model) => showPrices(model, parts()),
    differences: () => reportDifferences(parts()),
  };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function readLocal(path: string): Result<FetchedPrices, string> {
  try {
    const { size, mtimeMs } = statSync(path);
    if (size > MOST_BYTES) return failure(`it is larger than ${MOST_BYTES} bytes`);
    return success({ text: readFileSync(path, "utf8"), day: dayOf(mtimeMs) });
  } catch (error) {
    return failure(errorText(error));
  }
}

/** A file, or a URL. A place that a person names themselves may be in a private network; the published ones may not. */
async function readPlace(place: string, strict: Egress, named: Egress): Promise<Result<FetchedPrices, string>> {
  if (!/^https?:/i.test(place)) return readLocal(place);
  const isPublished = Object.values(PUBLISHED).includes(place);
  const limits = { maxBytes: MOST_BYTES, timeoutMs: FETCH_TIMEOUT_MS, mediaTypes: MEDIA_TYPES };
  const fetched = await (isPublished ? strict : named).fetchGuarded(place, limits);
  if (!fetched.ok) return failure(fetched.error.message);
  return success({ text: new TextDecoder().decode(fetched.value.bytes), day: dayOf(systemClock.now()) });
}

/** Takes published prices into the state directory that a command line means. */
export async function updatePricesOf(
  inputs: BackendInputs,
  wishes: readonly PriceWish[],
): Promise<Result<readonly UpdatedSource[], CliProblem>> {
  const stateDir = openPrivateStateDir(inputs);
  if (!stateDir.ok) return stateDir;
  const ca = extraCertificates(inputs.environment);
  if (!ca.ok) return failure(failureProblem("certificates_invalid", ca.error, "correct or unset the variable"));
  const strict = createEgress({ clock: systemClock, ca: ca.value });
  const named = createEgress({ clock: systemClock, ca: ca.value, isException: () => true });
  return updatePrices(wishes, {
    stateDir: stateDir.value,
    tables: openTables(stateDir.value),
    now: systemClock.now(),
    read: (place) => readPlace(place, strict, named),
  });
}

/** Goes back to the prices before the last update; false when there is nothing to go back to. */
export function undoPricesOf(inputs: BackendInputs): Result<boolean, CliProblem> {
  const stateDir = openPrivateStateDir(inputs);
  if (!stateDir.ok) return stateDir;
  try {
    return success(undoUpdate(stateDir.value));
  } catch (error) {
    const fix = "free some space or repair the permissions of the state directory";
    return failure(failureProblem("prices_not_written", `the prices could not be kept: ${errorText(error)}`, fix));
  }
}
