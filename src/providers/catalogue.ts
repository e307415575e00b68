import type { DialectName } from "../core/request.ts";
import { CATALOGUE_LINES } from "./catalogue.gen.ts";
import type { Provider } from "./provider.ts";

let parsed: ReadonlyMap<string, Provider> | undefined;

/** Chat and Responses want a bearer key; a Messages endpoint wants Anthropic's own header and its version. */
function wireOf(dialect: DialectName): Pick<Provider, "auth" | "headers"> {
  if (dialect !== "anthropic") return { auth: { kind: "bearer" } };
  return { auth: { kind: "header", header: "x-api-key" }, headers: { "anthropic-version": "2023-06-01" } };
}

function providerOf(line: string): Provider {
  const [id = "", name = "", dialect = "", baseUrl = "", keyEnv = "", model = ""] = line.split("\t");
  // One of three names, see scripts/generate/providers-catalogue.ts.
  const spoken = dialect as DialectName;
  return {
    id,
    name,
    endpoints: [{ dialect: spoken, baseUrl }],
    ...wireOf(spoken),
    keyEnv: keyEnv.split(","),
    models: model === "" ? {} : { strong: model, cheap: model },
  };
}

function catalogue(): ReadonlyMap<string, Provider> {
  parsed ??= new Map(
    CATALOGUE_LINES.trimEnd()
      .split("\n")
      .map((line) => providerOf(line))
      .map((provider) => [provider.id, provider]),
  );
  return parsed;
}

/** Every provider that is known from the catalogue alone, by id; none of those that are declared in this folder. */
export function listCatalogue(): readonly Provider[] {
  return [...catalogue().values()];
}

/** The provider of that id in the catalogue, if it is known from there alone. */
export function findInCatalogue(id: string): Provider | undefined {
  return catalogue().get(id);
}

/**
 * Providers of the catalogue whose key a person clearly has: a variable of theirs is set, and no other provider, declared
 * or listed, takes its key from the same variable. A shared one does not say where the key may be sent.
 */
export function providersWithKey(
  hasVariable: (name: string) => boolean,
  declared: readonly Provider[],
): readonly Provider[] {
  const claims = new Map<string, number>();
  for (const name of [...declared, ...listCatalogue()].flatMap(({ keyEnv }) => keyEnv)) {
    claims.set(name, (claims.get(name) ?? 0) + 1);
  }
  return listCatalogue().filter(({ keyEnv }) => keyEnv.some((name) => claims.get(name) === 1 && hasVariable(name)));
}
