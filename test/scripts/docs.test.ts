import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { ROOT } from "../../scripts/step.ts";
import { COMMANDS } from "../../src/cli/_all.ts";

const PAGES = ["README.md", ...new Bun.Glob("{docs,adr}/*.md").scanSync(ROOT)].sort();

function pageText(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("the documentation", () => {
  test.each(["docs", "adr"])("has every page of %s in its index", (folder) => {
    const index = pageText(`${folder}/README.md`);
    const pages = PAGES.filter((page) => dirname(page) === folder).map((page) => basename(page));
    expect(pages.filter((page) => page !== "README.md" && !index.includes(`](${page})`))).toEqual([]);
    expect(pages.length).toBeGreaterThan(10);
  });

  test("claims no figure in the README that the linked page does not print", () => {
    const rows = [...pageText("README.md").matchAll(/^\| [^|]+\? \| ([^|]+) \| \[[^\]]+\]\(([^)#]+)[^)]*\) \|$/gm)];
    const invented = rows.flatMap(([, answer = "", page = ""]) => {
      const printed = new Set(
        pageText(page)
          .match(/\d[\d,.]*/g)
          ?.map((figure) => figure.replace(/[.,]$/, "")),
      );
      const claimed = answer.replaceAll("`kill -9`", "").match(/\d[\d,.]*/g) ?? [];
      return claimed.map((figure) => figure.replace(/[.,]$/, "")).filter((figure) => !printed.has(figure));
    });
    expect(rows.length).toBeGreaterThan(5);
    expect(invented).toEqual([]);
  });

  test.each(PAGES)("%s links to pages and headings that exist", (page) => {
    const links = [...pageText(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    const broken = links.filter(([, file = "", anchor]) => {
      const target = file === "" ? page : join(dirname(page), file);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(pageText(target)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test.each(PAGES)("%s names commands and scripts that exist", (page) => {
    const commands = new Set(COMMANDS.map(({ name }) => name));
    const code = [...pageText(page).matchAll(/```sh\n([\s\S]*?)```|`([^`\n]+)`/g)]
      .map(([, block = "", span = ""]) => `${block}\n${span}`)
      .join("\n");
    const named = [...code.matchAll(/(?:^|\s|\/)lodestar ([a-z]+)/gm)].map(([, name = ""]) => name);
    expect(named.filter((name) => !commands.has(name))).toEqual([]);
    const scripts = [...code.matchAll(/\bnpm run ([a-z:]+)/g)].map(([, name = ""]) => name);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });

  test("names no file of this repository that is gone", () => {
    const paths = PAGES.flatMap((page) =>
      [...pageText(page).matchAll(/`((?:src|test|scripts|config|adr)\/[\w./-]+)`/g)].map(
        ([, path = ""]) => `${page}: ${path}`,
      ),
    );
    expect(paths.filter((line) => !existsSync(join(ROOT, line.split(": ")[1] ?? "")))).toEqual([]);
  });
});
