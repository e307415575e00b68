// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are what is looked for.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";

const SOURCE = join(import.meta.dir, "../../src");

/** Statements whose one interpolation is a number of ours, since a pragma takes no bound parameter. */
const ALLOWED = ["PRAGMA user_version = ${migrations.length}"];

/** A template that reads as SQL. */
const TEMPLATE = /`\s*((?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|VACUUM|ATTACH|WITH|AND|WHERE)\b[^`]*)`/g;
/** A piece of text joined to something in a call that runs SQL. */
const JOINED_CALL = /\.(?:query|prepare|run|exec)\(\s*(?:"[^"]*"|'[^']*'|\w+)\s*\+/g;
/** Only constants of the same file may stand in SQL: `${UPPER_CASE}`. */
const VARIABLE = /\$\{(?![A-Z][A-Z0-9_]*\})/;

/** SQL text of a source file that is built from anything but constants. */
function findBuiltSql(source: string): readonly string[] {
  const templates = [...source.matchAll(TEMPLATE)].map(([, text = ""]) => text);
  const built = templates.filter((text) => VARIABLE.test(text) && !ALLOWED.includes(text));
  return [...built, ...[...source.matchAll(JOINED_CALL)].map(([text]) => text)];
}

test("the scan sees string-built SQL", () => {
  const built = [
    "db.query(`SELECT * FROM attempts WHERE id = ${id}`)",
    'db.run("DELETE FROM attempts WHERE id = " + id)',
    "db.query(sql + where)",
    "const text = `\n  UPDATE attempts SET state = '${state}'`;",
    "db.run(`PRAGMA user_version = ${version}`)",
  ];
  for (const source of built) expect(findBuiltSql(source)).toHaveLength(1);
  expect(findBuiltSql("db.query(`SELECT 1 WHERE ${MATCHES}`)")).toEqual([]);
});

test("no SQL in the sources is built from strings", async () => {
  const files = [...new Glob("**/*.ts").scanSync(SOURCE)];
  const statements: string[] = [];
  for (const file of files) {
    const source = await Bun.file(join(SOURCE, file)).text();
    expect({ file, built: findBuiltSql(source) }).toEqual({ file, built: [] });
    statements.push(...[...source.matchAll(TEMPLATE)].map(([, text = ""]) => text));
  }
  expect(files.length).toBeGreaterThan(40);
  expect(statements.length).toBeGreaterThan(10);
});
