import { access, constants, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isJsonObject, type JsonValue } from "../../core/json.ts";

/** Where Ollama keeps models, the likeliest first. Source: docs.ollama.com/faq, "Where are models stored?". */
export function modelFolders(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const named = environment.OLLAMA_MODELS;
  const usual = [
    join(homedir(), ".ollama", "models"),
    "/usr/share/ollama/.ollama/models",
    "/var/lib/ollama/.ollama/models",
  ];
  return named === undefined || named === "" ? usual : [named, ...usual];
}

/** Whether this process may read a file. */
async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** `qwen2.5-coder:1.5b` as the parts of a path below `manifests`; null for a name that would lead elsewhere. */
function manifestPath(name: string): string | null {
  const [path = "", tag = "latest"] = name.split(/:(?=[^/]*$)/);
  const parts = path.split("/");
  const full =
    parts.length === 1
      ? ["registry.ollama.ai", "library", ...parts]
      : parts.length === 2
        ? ["registry.ollama.ai", ...parts]
        : parts;
  const isPlain = [...full, tag].every((part) => /^[\w][\w.:-]*$/.test(part));
  return isPlain && full.length === 3 ? join(...full, tag) : null;
}

function digestIn(manifest: JsonValue): string | null {
  if (!isJsonObject(manifest) || !Array.isArray(manifest.layers)) return null;
  for (const layer of manifest.layers) {
    if (!isJsonObject(layer) || layer.mediaType !== "application/vnd.ollama.image.model") continue;
    if (typeof layer.digest === "string" && /^sha256:[0-9a-f]{64}$/.test(layer.digest)) return layer.digest;
  }
  return null;
}

async function fromManifest(folder: string, name: string): Promise<string | null> {
  const path = manifestPath(name);
  if (path === null) return null;
  const file = Bun.file(join(folder, "manifests", path));
  if (!(await file.exists())) return null;
  const digest = digestIn((await file.json()) as JsonValue);
  return digest === null ? null : join(folder, "blobs", digest.replace(":", "-"));
}

/** The path that `FROM` names in a Modelfile as `/api/show` tells it: the blob, where the server is on this machine. */
export function blobInModelfile(modelfile: string): string | null {
  return /^FROM (\/.*sha256-[0-9a-f]{64})\s*$/m.exec(modelfile)?.[1] ?? null;
}

/** The readable blob of an installed model: where its server says, or by its manifest in the usual folders. */
export async function findBlob(
  name: string,
  modelfile: string | null,
  folders: readonly string[],
): Promise<string | null> {
  const told = modelfile === null ? null : blobInModelfile(modelfile);
  if (told !== null && (await isReadable(told))) return told;
  for (const folder of folders) {
    const blob = await fromManifest(folder, name).catch(() => null);
    if (blob !== null && (await isReadable(blob))) return blob;
  }
  return null;
}

/** Free bytes where models are kept, for an unprivileged writer; null where that folder cannot be seen from here. */
export async function freeBytesAt(blob: string | null, folders: readonly string[]): Promise<number | null> {
  const places = blob === null ? folders : [dirname(blob), ...folders];
  for (const place of places) {
    const disk = await statfs(place).catch(() => null);
    if (disk !== null) return disk.bavail * disk.bsize;
  }
  return null;
}
