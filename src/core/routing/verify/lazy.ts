import type { Check, Fence } from "./verdict.ts";

const MARKS: readonly RegExp[] = [
  /(?:\/\/|#|\/\*|<!--|--|;)\s*(?:\.{3}|…)?\s*(?:the\s+)?(?:rest|remainder|remaining|other|existing|previous)\b[^\n]{0,60}\b(?:unchanged|same|here|as before|remains?|stays?|goes here|above|omitted)\b/i,
  /(?:\/\/|#|\/\*|<!--|--)\s*(?:\.{3}|…)\s*(?:the\s+)?(?:rest|remaining|other|existing|previous|unchanged|same|keep|your)\b/i,
  /(?:\/\/|#|\/\*|<!--|--)\s*(?:todo:?\s*)?(?:implement(?:ation)?|add|put|write|insert|your)\b[^\n]{0,40}\b(?:your (?:code|logic|implementation)|(?:code|logic|implementation) (?:goes )?here)\b/i,
  /(?:\/\/|#|\/\*|--)\s*todo:?\s*implement\b/i,
];

/** A convention of the client's own (markers of an apply model, say) is no laziness. */
function markIn({ code }: Fence, givenText: string): string | null {
  for (const mark of MARKS) {
    const found = mark.exec(code)?.[0].trim();
    if (found !== undefined && !givenText.includes(found) && !mark.test(givenText)) return found;
  }
  return null;
}

/** Code that leaves out what was asked for: `// … rest unchanged`, `# your code here`. */
export const isLazy: Check = ({ fences, givenText }) => {
  if (fences.length === 0) return undefined;
  for (const fence of fences) {
    const mark = markIn(fence, givenText);
    if (mark !== null) return `the code leaves something out: ${JSON.stringify(mark.slice(0, 80))}`;
  }
  return null;
};
