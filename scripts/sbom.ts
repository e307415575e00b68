import { readFileSync } from "node:fs";

/** A package of bun.lock: `[name@version, registry, {dependencies…}, integrity]`. */
type LockEntry = readonly [
  string,
  string,
  { readonly dependencies?: Readonly<Record<string, string>> },
  (string | undefined)?,
];

/** The parts of bun.lock (text format, version 1 and 2) that are read here. */
export interface Lock {
  readonly workspaces: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>;
  readonly packages: Readonly<Record<string, LockEntry>>;
}

/** What the SBOM says of the product itself. */
export interface Product {
  readonly version: string;
  readonly bunVersion: string;
}

/** Reads bun.lock, which is JSON with trailing commas. */
export function readLock(file: string): Lock {
  return JSON.parse(readFileSync(file, "utf8").replace(/,(\s*[}\]])/g, "$1")) as Lock;
}

/** Names of every package that ships: the direct dependencies and what they need, sorted. A nested copy has a path for a key. */
export function shippedPackages(lock: Lock): readonly string[] {
  const found = new Set<string>();
  const waiting = Object.keys(lock.workspaces[""]?.dependencies ?? {});
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const entry = lock.packages[name];
    if (entry === undefined || found.has(name)) continue;
    found.add(name);
    const parent = name;
    const needs = Object.keys(entry[2].dependencies ?? {});
    waiting.push(...needs.map((need) => (lock.packages[`${parent}/${need}`] ? `${parent}/${need}` : need)));
  }
  return [...found].sort();
}

function component(entry: LockEntry, licenseOf: (name: string) => string | undefined): object {
  const [id, , , integrity] = entry;
  const at = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, at), id.slice(at + 1)];
  const license = licenseOf(name);
  return {
    type: "library",
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
    ...(integrity?.startsWith("sha512-")
      ? { hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.slice(7), "base64").toString("hex") }] }
      : {}),
  };
}

/** A software bill of materials of the binary as CycloneDX 1.6 JSON: its packages and the Bun it contains. The same lock gives the same bytes. */
export function bill(lock: Lock, product: Product, licenseOf: (name: string) => string | undefined): string {
  const packages = shippedPackages(lock).flatMap((name) => {
    const entry = lock.packages[name];
    return entry === undefined ? [] : [component(entry, licenseOf)];
  });
  const runtime = {
    type: "platform",
    name: "bun",
    version: product.bunVersion,
    purl: `pkg:npm/bun@${product.bunVersion}`,
    licenses: [{ license: { id: "MIT" } }],
  };
  const metadata = {
    component: {
      type: "application",
      name: "lodestar",
      version: product.version,
      licenses: [{ license: { id: "MIT" } }],
    },
  };
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata,
    components: [runtime, ...packages],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
