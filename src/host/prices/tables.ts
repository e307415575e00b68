import { createHash } from "node:crypto";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { errorText, readIfPresent, writePrivateFile } from "../private-file.ts";
import { bundledCatalogue, bundledProviders, type CatalogueModel, type CatalogueSection } from "./catalogue.ts";
import { bundledPrices, type PriceData } from "./data.ts";

/** Where a price book reads: a table with rules and conditions, and a catalogue for what the table lacks. */
export interface PriceTables {
  readonly data: () => PriceData;
  readonly catalogue: (provider: string) => CatalogueSection | undefined;
  /** The providers of the catalogue, by their ids in the price data. */
  readonly listed: () => readonly string[];
}

/** A whole catalogue as an update brings it, by the provider's id in the price data. */
export interface UpdatedCatalogue {
  readonly source: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly providers: Readonly<Record<string, readonly CatalogueModel[]>>;
}

/** What `prices update` brought; null for a source that was never updated. */
export interface UpdatedPrices {
  readonly table: PriceData | null;
  readonly catalogue: UpdatedCatalogue | null;
}

/** The tables of a state directory, read when a price is first asked for. */
export interface StateTables extends PriceTables {
  readonly updated: () => UpdatedPrices;
  /** Why the update in the state directory is not used; null when it is, or there is none. */
  readonly problem: () => string | null;
}

/** The tables that are compiled in. */
export const BUNDLED_TABLES: PriceTables = {
  data: bundledPrices,
  catalogue: bundledCatalogue,
  listed: bundledProviders,
};
/** No update at all. */
export const NO_UPDATE: UpdatedPrices = { table: null, catalogue: null };

const FORMAT = "lodestar-prices 1";

function currentPath(stateDir: string): string {
  return join(stateDir, "prices.json");
}

function previousPath(stateDir: string): string {
  return join(stateDir, "prices.previous.json");
}

function digestOf(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}

function readFile(path: string): Result<UpdatedPrices, string> {
  try {
    const text = readIfPresent(path);
    if (text === null) return success(NO_UPDATE);
    const [head = "", body = ""] = text.split("\n", 2);
    if (head !== `${FORMAT} ${digestOf(body)}`) return failure(`${path} is damaged or of another version`);
    // The digest says that it is what was written by `writeUpdate`, whose sources were checked.
    return success(JSON.parse(body) as UpdatedPrices);
  } catch (error) {
    return failure(`${path} cannot be read: ${errorText(error)}`);
  }
}

/** What the last update brought, or why its file cannot be used. */
export function readUpdate(stateDir: string): Result<UpdatedPrices, string> {
  return readFile(currentPath(stateDir));
}

/** What was in use before the last update. */
export function readPreviousUpdate(stateDir: string): Result<UpdatedPrices, string> {
  return readFile(previousPath(stateDir));
}

/** Keeps an update (0600, whole or not at all), and the one before it for {@link undoUpdate}. Throws when the disk refuses. */
export function writeUpdate(stateDir: string, update: UpdatedPrices): void {
  const before = readIfPresent(currentPath(stateDir));
  if (before === null) rmSync(previousPath(stateDir), { force: true });
  else writePrivateFile(previousPath(stateDir), before);
  const body = JSON.stringify(update);
  writePrivateFile(currentPath(stateDir), `${FORMAT} ${digestOf(body)}\n${body}\n`);
}

/**
 * Exchanges the update with the one before it, so that a second undo undoes the first; without one before, the bundled
 * tables are back in use. False when there is nothing to undo. Throws when the disk refuses.
 */
export function undoUpdate(stateDir: string): boolean {
  const current = readIfPresent(currentPath(stateDir));
  const previous = readIfPresent(previousPath(stateDir));
  if (current === null && previous === null) return false;
  if (previous === null) {
    renameSync(currentPath(stateDir), previousPath(stateDir));
    return true;
  }
  writePrivateFile(currentPath(stateDir), previous);
  if (current === null) rmSync(previousPath(stateDir), { force: true });
  else writePrivateFile(previousPath(stateDir), current);
  return true;
}

function sectionOf(catalogue: UpdatedCatalogue, provider: string): CatalogueSection | undefined {
  const models = Object.hasOwn(catalogue.providers, provider) ? catalogue.providers[provider] : undefined;
  if (models === undefined) return undefined;
  return {
    source: catalogue.source,
    date: catalogue.date,
    models: new Map(models.map((model) => [model.id.toLowerCase(), model])),
  };
}

/** The newer of the bundled and the updated tables, by their day: a later release wins over an older update. */
export function newestTables({ table, catalogue }: UpdatedPrices, bundled: PriceTables = BUNDLED_TABLES): PriceTables {
  const sections = new Map<string, CatalogueSection | undefined>();
  return {
    data: () => {
      const own = bundled.data();
      return table !== null && table.date >= own.date ? table : own;
    },
    catalogue(provider) {
      if (catalogue === null) return bundled.catalogue(provider);
      if (sections.has(provider)) return sections.get(provider);
      const own = bundled.catalogue(provider);
      const updated = sectionOf(catalogue, provider);
      const isNewer = updated !== undefined && (own === undefined || updated.date >= own.date);
      const section = isNewer ? updated : own;
      // Ids come from clients too: only those that are in a table are remembered.
      if (section !== undefined) sections.set(provider, section);
      return section;
    },
    listed: () => [...new Set([...bundled.listed(), ...Object.keys(catalogue?.providers ?? {})])],
  };
}

/** The tables that a state directory stands for. Its update is read once; a damaged one is left out and told. */
export function openTables(stateDir: string): StateTables {
  let opened: { readonly tables: PriceTables; readonly update: Result<UpdatedPrices, string> } | undefined;
  const open = () => {
    if (opened !== undefined) return opened;
    const update = readUpdate(stateDir);
    opened = { tables: newestTables(update.ok ? update.value : NO_UPDATE), update };
    return opened;
  };
  return {
    data: () => open().tables.data(),
    catalogue: (provider) => open().tables.catalogue(provider),
    listed: () => open().tables.listed(),
    updated() {
      const { update } = open();
      return update.ok ? update.value : NO_UPDATE;
    },
    problem() {
      const { update } = open();
      return update.ok ? null : update.error;
    },
  };
}
