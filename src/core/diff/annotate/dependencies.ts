import type { Finding, HunkFacts } from "./finding.ts";

type Version = readonly [number, number, number];

const ENTRY =
  /^\s*["']?([@\w./-]+)["']?\s*(?:[:=]|==|>=|~=|\^|\s)\s*["'{]?.*?(\d+)(?:\.(\d+))?(?:\.(\d+))?[^"']*["']?,?\s*$/;

function entryOf(line: string): readonly [string, Version] | null {
  const match = ENTRY.exec(line);
  if (match?.[1] === undefined || /^(version|name|edition|node|engines)$/.test(match[1])) return null;
  return [match[1], [Number(match[2]), Number(match[3] ?? 0), Number(match[4] ?? 0)]];
}

function entriesOf(lines: readonly string[]): ReadonlyMap<string, Version> {
  return new Map(
    lines.flatMap((line) => {
      const entry = entryOf(line);
      return entry === null ? [] : [entry];
    }),
  );
}

/** What a change of version means by semantic versioning (2.0.0; before 1.0 a minor one may break). */
function stepOf([major, minor]: Version, [nextMajor, nextMinor]: Version): "major" | "minor" | "patch" {
  if (major !== nextMajor) return "major";
  if (minor !== nextMinor) return major === 0 ? "major" : "minor";
  return "patch";
}

/** Dependencies of a manifest that are new, gone, or of another version. */
export function findDependencies({ kind, removed, added }: HunkFacts): readonly Finding[] {
  if (kind !== "manifest") return [];
  const before = entriesOf(removed);
  const after = entriesOf(added);
  const changed = [...after].map(([name, version]): Finding | null => {
    const known = before.get(name);
    if (known === undefined) return { reason: "dependency-new", detail: `${name} ${version.join(".")}` };
    if (known.join(".") === version.join(".")) return null;
    return {
      reason: `dependency-${stepOf(known, version)}`,
      detail: `${name} ${known.join(".")} → ${version.join(".")}`,
    };
  });
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [
    ...changed.filter((finding) => finding !== null),
    ...gone.map((name): Finding => ({ reason: "dependency-removed", detail: name })),
  ];
}
