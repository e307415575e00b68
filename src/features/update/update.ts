import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { failure, type Result, success } from "../../core/result.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { compareVersions, isVersion, type ReleaseIndex, readIndex } from "./release-index.ts";
import { openSource, type ReleaseSource } from "./source.ts";
import { placeBinary } from "./swap.ts";

/** Checksums of a release as published beside its files. */
const SUMS_FILE = "SHA256SUMS";
const VERSION_FILE = "VERSION";
const TRIAL_TIMEOUT_MS = 10_000;

/** What an update starts from. */
export interface UpdateInputs {
  /** Address or folder of the releases; null when neither flag nor environment names one. */
  readonly from: string | null;
  /** A certain version; null takes what the source calls the latest. */
  readonly version: string | null;
  /** The version that runs now. */
  readonly current: string;
}

/** What a source offers. */
export interface Offer {
  readonly source: ReleaseSource;
  readonly index: ReleaseIndex;
  readonly isNewer: boolean;
}

/** What was put in place. */
export interface Installed {
  readonly version: string;
  /** Where the replaced binary is kept. */
  readonly previous: string;
}

function noSource(): CliProblem {
  return failureProblem(
    "no_update_source",
    "this build does not know where new versions are published",
    "name an https:// address or a folder with VERSION, SHA256SUMS and the binaries: lodestar update --from PLACE, or LODESTAR_UPDATE_URL=PLACE",
  );
}

async function readRelease(source: ReleaseSource): Promise<Result<ReleaseIndex | null, CliProblem>> {
  const version = await source.readText(VERSION_FILE);
  if (!version.ok) return version;
  if (version.value === null) return success(null);
  const sums = await source.readText(SUMS_FILE);
  if (!sums.ok) return sums;
  const index = readIndex(version.value, sums.value ?? "");
  if (index.ok) return index;
  return failure(failureProblem("update_source_invalid", `${source.place} is not a usable release: ${index.error}`));
}

/** The release of that version: in the folder of its name, else the latest if it is the one. */
async function findRelease(
  source: ReleaseSource,
  version: string | null,
): Promise<Result<{ source: ReleaseSource; index: ReleaseIndex }, CliProblem>> {
  for (const place of version === null ? [source] : [source.below(version), source]) {
    const index = await readRelease(place);
    if (!index.ok) return index;
    if (index.value === null || (version !== null && index.value.version !== version)) continue;
    return success({ source: place, index: index.value });
  }
  const what = version === null ? "no release" : `no version ${version}`;
  return failure(failureProblem("update_not_found", `${source.place} has ${what} (no ${VERSION_FILE} that says so)`));
}

/** Asks the source what it has, without changing anything. */
export async function findOffer(inputs: UpdateInputs): Promise<Result<Offer, CliProblem>> {
  if (inputs.from === null) return failure(noSource());
  if (inputs.version !== null && !isVersion(inputs.version)) {
    return failure(usageProblem("bad_version", `--to "${inputs.version}" is no version`, "write it as 1.2.3"));
  }
  const source = openSource(inputs.from);
  if (!source.ok) return source;
  const found = await findRelease(source.value, inputs.version);
  if (!found.ok) return found;
  return success({ ...found.value, isNewer: compareVersions(found.value.index.version, inputs.current) > 0 });
}

/** Runs the new binary once: a file for another machine or C library must not replace one that works. */
async function tryOut(file: string, version: string): Promise<Result<null, CliProblem>> {
  const refused = (reason: string): Result<null, CliProblem> =>
    failure(failureProblem("update_does_not_run", `the new binary does not run here: ${reason}. Nothing was changed`));
  try {
    const child = Bun.spawn([file, "--version"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: TRIAL_TIMEOUT_MS,
    });
    const output = await new Response(child.stdout).text();
    const code = await child.exited;
    if (code !== 0) return refused(`--version ended with ${code}`);
    return output.includes(version)
      ? success(null)
      : refused(`--version says "${output.trim().slice(0, 80)}", not ${version}`);
  } catch (error) {
    return refused(error instanceof Error ? error.message : String(error));
  }
}

async function fetchVerified(offer: Offer, asset: string, target: string): Promise<Result<null, CliProblem>> {
  const want = offer.index.sums.get(asset);
  if (want === undefined) {
    return failure(
      failureProblem("update_not_for_this_machine", `${offer.source.place} lists no ${asset} in ${SUMS_FILE}`),
    );
  }
  const got = await offer.source.save(asset, target);
  if (!got.ok) return got;
  if (got.value === want) return tryOut(target, offer.index.version);
  return failure(
    failureProblem(
      "update_checksum_mismatch",
      `${asset} from ${offer.source.place} is not what ${SUMS_FILE} promises (got ${got.value}, want ${want}). Nothing was changed`,
      "run the command again; if it repeats, do not trust that source",
    ),
  );
}

/** Fetches the offered file, checks it, tries it out, and puts it in the place of `binary`. On any failure the old one stays. */
export async function installOffer(
  offer: Offer,
  asset: string,
  binary: string,
): Promise<Result<Installed, CliProblem>> {
  const made = join(dirname(binary), `.lodestar-update-${process.pid}${binary.endsWith(".exe") ? ".exe" : ""}`);
  try {
    const fetched = await fetchVerified(offer, asset, made);
    if (!fetched.ok) return fetched;
    const placed = placeBinary(made, binary);
    return placed.ok ? success({ version: offer.index.version, previous: placed.value }) : placed;
  } finally {
    rmSync(made, { force: true });
  }
}
