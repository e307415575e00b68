import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { resolve } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { FetchError, ofetch } from "ofetch";
import { failure, type Result, success } from "../../core/result.ts";
import { errorText } from "../../host/private-file.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";

const TEXT_TIMEOUT_MS = 30_000;
const BINARY_TIMEOUT_MS = 900_000;
/** Far above any release file; stops an endless one. */
const MAX_BINARY_BYTES = 512 * 1024 * 1024;
const MAX_TEXT_CHARACTERS = 1_000_000;

/** A place with the files of one release: a web folder or a local one. */
export interface ReleaseSource {
  /** As people write it. */
  readonly place: string;
  /** The place one level down: where an older version lies. */
  below(folder: string): ReleaseSource;
  /** A small text file; null where there is none. */
  readText(file: string): Promise<Result<string | null, CliProblem>>;
  /** Saves a file and returns its SHA-256 in lower-case hex. */
  save(file: string, target: string): Promise<Result<string, CliProblem>>;
}

function unreadable(place: string, file: string, error: unknown): CliProblem {
  return failureProblem(
    "update_source_unreadable",
    `${file} at ${place} could not be read: ${errorText(error)}`,
    "check the address and the connection (HTTPS_PROXY is honoured), then run the command again",
  );
}

function isLoopback(url: URL): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
}

/** Writes a stream to a file, hashing it on the way. */
async function saveStream(stream: ReadableStream<Uint8Array>, target: string): Promise<string> {
  const digest = createHash("sha256");
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      digest.update(chunk);
      done(bytes > MAX_BINARY_BYTES ? new Error(`it is larger than ${MAX_BINARY_BYTES} bytes`) : null, chunk);
    },
  });
  await pipeline(Readable.from(stream), measure, createWriteStream(target, { mode: 0o755 }));
  return digest.digest("hex");
}

function webSource(base: URL): ReleaseSource {
  const place = base.href.replace(/\/$/, "");
  const address = (file: string): string => `${place}/${file}`;
  return {
    place,
    below: (folder) => webSource(new URL(`${place}/${folder}/`)),
    async readText(file) {
      try {
        const text = await ofetch(address(file), { responseType: "text", timeout: TEXT_TIMEOUT_MS });
        return success(text.slice(0, MAX_TEXT_CHARACTERS));
      } catch (error) {
        if (error instanceof FetchError && error.status === 404) return success(null);
        return failure(unreadable(place, file, error));
      }
    },
    async save(file, target) {
      try {
        const stream = await ofetch(address(file), { responseType: "stream", timeout: BINARY_TIMEOUT_MS });
        return success(await saveStream(stream, target));
      } catch (error) {
        return failure(unreadable(place, file, error));
      }
    },
  };
}

function folderSource(place: string): ReleaseSource {
  return {
    place,
    below: (folder) => folderSource(resolve(place, folder)),
    async readText(file) {
      const path = resolve(place, file);
      if (!existsSync(path)) return success(null);
      try {
        return success(await Bun.file(path).text());
      } catch (error) {
        return failure(unreadable(place, file, error));
      }
    },
    async save(file, target) {
      try {
        return success(await saveStream(Bun.file(resolve(place, file)).stream(), target));
      } catch (error) {
        return failure(unreadable(place, file, error));
      }
    },
  };
}

/** Opens a release source from what a person wrote: an `https:` address, a folder, or `http:` on loopback only. */
export function openSource(from: string): Result<ReleaseSource, CliProblem> {
  const isAddress = /^[a-z][a-z0-9+.-]+:/i.test(from) && !/^[a-z]:[\\/]/i.test(from);
  const url = URL.parse(isAddress ? from : pathToFileURL(resolve(from)).href);
  if (url?.protocol === "file:") return success(folderSource(fileURLToPath(url)));
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url))) return success(webSource(url));
  return failure(
    usageProblem(
      "update_source_refused",
      `"${from}" is not a place to update from: checksums only protect a release that comes over https`,
      "use an https:// address or a local folder",
    ),
  );
}
