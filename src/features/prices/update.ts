import { type JsonValue, parseJson } from "../../core/json.ts";
import { ageOfPrices, type PriceWish, type UpdatedSource } from "../../core/price-view.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { BUNDLED_TABLES, type StateTables, type UpdatedPrices, writeUpdate } from "../../host/prices/tables.ts";
import { errorText } from "../../host/private-file.ts";
import { type CliProblem, failureProblem } from "../../terminal/problem.ts";
import { type CardTable, cardsAt, cataloguedCards, compareTables } from "./compare.ts";
import { readGenaiPrices } from "./genai-prices.ts";
import { readModelsDev } from "./models-dev.ts";
import { catalogueCards } from "./report.ts";
import { checkChange } from "./take.ts";

/** A file as it was fetched, with the day (`YYYY-MM-DD`) that it stands for. */
export interface FetchedPrices {
  readonly text: string;
  readonly day: string;
}

/** What an update needs of the world. */
export interface UpdateParts {
  readonly stateDir: string;
  readonly tables: StateTables;
  /** Unix ms. */
  readonly now: number;
  /** Reads a URL or a file; the failure says why it cannot. */
  read(place: string): Promise<Result<FetchedPrices, string>>;
}

interface Origin {
  readonly source: string;
  readonly date: string;
}

interface Taken {
  readonly update: Partial<UpdatedPrices>;
  readonly date: string;
  readonly before: CardTable;
  readonly after: CardTable;
}

function readTable(json: JsonValue, from: Origin, parts: UpdateParts): Result<Taken, string> {
  const read = readGenaiPrices(json);
  if (!read.ok) return read;
  const after = cardsAt(read.value, parts.now);
  const before = cardsAt(parts.tables.data().providers, parts.now);
  return success({ update: { table: { ...from, providers: read.value } }, date: from.date, before, after });
}

function readCatalogue(json: JsonValue, from: Origin, { tables }: UpdateParts): Result<Taken, string> {
  const read = readModelsDev(json);
  if (!read.ok) return read;
  const { date, providers } = read.value;
  const catalogue = { source: from.source, date: date ?? from.date, providers };
  const after = cataloguedCards(Object.entries(providers));
  return success({ update: { catalogue }, date: catalogue.date, before: catalogueCards(tables), after });
}

/** `via raw.githubusercontent.com` or `via data.json`: enough to know it again, without a machine's paths. */
function placeWords(place: string): string {
  const url = URL.parse(place);
  if (url?.protocol.startsWith("http") === true) return `via ${url.host}`;
  return `via ${place.split(/[\\/]/).at(-1) ?? place}`;
}

async function takeIn({ table, place }: PriceWish, parts: UpdateParts): Promise<Result<Taken, CliProblem>> {
  const fetched = await parts.read(place);
  if (!fetched.ok) {
    const fix = `lodestar prices update --from ${table}=FILE reads a file that you fetched yourself`;
    return failure(failureProblem("price_source_unreadable", `${place} could not be read: ${fetched.error}`, fix));
  }
  const source = `${table} ${placeWords(place)}`;
  const json = parseJson(fetched.value.text);
  const readAs = table === "genai-prices" ? readTable : readCatalogue;
  const taken =
    json === undefined ? failure("it is not JSON") : readAs(json, { source, date: fetched.value.day }, parts);
  const checked = taken.ok ? checkChange(taken.value.before, taken.value.after) : taken;
  if (taken.ok && checked.ok) return taken;
  const reason = checked.ok ? "" : checked.error;
  const message = `${place} is no price table of ${table}: ${reason}\nThe prices in use stay as they were.`;
  return failure(failureProblem("price_source_refused", message, "tell its publisher, or try again later"));
}

/** Where the program's own tables are newer than what was taken in, and stay in use; null where nowhere. */
function bundledWins({ update: { table, catalogue } }: Taken): string | null {
  const own = BUNDLED_TABLES.data().date;
  if (table && table.date < own) return `not used: the bundled table is newer (${own})`;
  const providers = Object.keys(catalogue?.providers ?? {});
  const kept = providers.filter((id) => (BUNDLED_TABLES.catalogue(id)?.date ?? "") > (catalogue?.date ?? ""));
  if (kept.length === 0) return null;
  return `used for ${providers.length - kept.length} of ${providers.length} providers: the bundled prices of the others are newer`;
}

/** What a person should know of a table that was taken in. */
function warningFor(taken: Taken, { now }: UpdateParts): string | null {
  const { days, isOld } = ageOfPrices(taken.date, now);
  return bundledWins(taken) ?? (isOld ? `${days} days old` : null);
}

/**
 * Reads the named sources, checks them whole and against what is in use, and keeps them in the state directory for the next
 * reload; a source that is not named stays as it was. When one fails, nothing is changed.
 */
export async function updatePrices(
  wishes: readonly PriceWish[],
  parts: UpdateParts,
): Promise<Result<readonly UpdatedSource[], CliProblem>> {
  let update = parts.tables.updated();
  const sources: UpdatedSource[] = [];
  for (const wish of wishes) {
    const taken = await takeIn(wish, parts);
    if (!taken.ok) return taken;
    const { before, after, date } = taken.value;
    const { onlyBefore, onlyAfter, differences } = compareTables(before, after);
    update = { ...update, ...taken.value.update };
    sources.push({
      ...wish,
      date,
      models: after.size,
      added: onlyAfter,
      removed: onlyBefore,
      changed: new Set(differences.map(({ provider, model }) => `${provider}/${model}`)).size,
      warning: warningFor(taken.value, parts),
    });
  }
  try {
    writeUpdate(parts.stateDir, update);
  } catch (error) {
    const fix = "free some space or repair the permissions of the state directory";
    return failure(failureProblem("prices_not_written", `the prices could not be kept: ${errorText(error)}`, fix));
  }
  return success(sources);
}
