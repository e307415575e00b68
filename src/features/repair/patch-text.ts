import { createTwoFilesPatch } from "diff";
import type { FileChange } from "../../core/repair/edit.ts";

/** Whole changes as one unified diff that `git apply` takes. */
export function patchText(changes: readonly FileChange[]): string {
  return changes
    .map(({ path, before, after }) => {
      const names = [before === null ? "/dev/null" : `a/${path}`, `b/${path}`] as const;
      const body = createTwoFilesPatch(names[0], names[1], before ?? "", after).replace(/^=+\n/, "");
      const head =
        before === null ? `diff --git a/${path} b/${path}\nnew file mode 100644\n` : `diff --git a/${path} b/${path}\n`;
      return head + body.replaceAll(/^((?:---|\+\+\+) .*?)\t$/gm, "$1");
    })
    .join("");
}
