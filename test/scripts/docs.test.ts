import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
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
  test("has a page for each task", () => {
    const tasks = ["getting-started", "providers", "fallback", "costs", "local-models", "service", "troubleshooting"];
    expect(PAGES).toEqual(expect.arrayContaining(tasks.map((task) => `docs/${task}.md`)));
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
