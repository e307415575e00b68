/** What a text looks like, counted by one expression each. Whatever the topic, these say how much a reader has to hold together. */
const COUNTED: readonly RegExp[] = [
  /\d+/g,
  /[.!?](?:\s|$)/g,
  /\n/g,
  /[A-Z]/g,
  /[^\0-\x7f]/g,
  /[=<>+*^/\\|~]/g,
  /[{}()[\];]/g,
  /,/g,
  /\$/g,
  /%/g,
  /["'`]/g,
  /_{2,}|\.{3,}/g,
  /\b(?:not|except|never|least|incorrect|false)\b/gi,
  /\b(?:which|what|who|when|where|why|how)\b/gi,
  /\b(?:all|none|both|neither|either|only|each|every|some)\b/gi,
  /\b(?:if|then|suppose|let|given|assume|prove|find|calculate|compute)\b/gi,
  /\b(?:more|less|twice|half|times|total|than|remaining|left|per|percent|average|altogether|rest)\b/gi,
  /\b(?:he|she|they|his|her|their)\b/gi,
  /^[A-J][.)]/gm,
  /\b(?:following|statement|according|passage|refers)\b/gi,
  /\b(?:write|create|function|code|python|return|def|class)\b/gi,
  /\d\s*\/\s*\d|\d\.\d/g,
];

/** How much of a long text is looked at, half of it from each end. */
const MAX_CHARACTERS = 4000;
const LONG_WORD = 8;
const SHORT_OPTION = 12;
/** Features of words, of lettered options, of the first line and of numbers beside the counted ones. */
const OTHERS = 11;

/** How many numbers `shapeOf` gives. */
export const SHAPE_WIDTH = OTHERS + 2 * COUNTED.length;

function matches(text: string, expression: RegExp): number {
  return text.match(expression)?.length ?? 0;
}

/** Letters and figures in a row, by length and whether they were there before. */
function wordShape(text: string): { readonly count: number; readonly features: readonly number[] } {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  const count = Math.max(1, words.length);
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const different = new Set(words.map((word) => word.toLowerCase())).size;
  const long = words.filter((word) => word.length > LONG_WORD).length;
  return { count, features: [Math.log1p(words.length), letters / count, different / count, long / count] };
}

/** Lettered options of a question, as far as there are some. */
function optionShape(lines: readonly string[]): readonly number[] {
  const lengths = lines.filter((line) => /^[A-J][.)] /.test(line)).map((line) => line.length);
  if (lengths.length === 0) return [0, 0, 0];
  const mean = lengths.reduce((sum, one) => sum + one, 0) / lengths.length;
  const spread = Math.max(...lengths) - Math.min(...lengths);
  return [Math.log1p(mean), Math.log1p(spread), lengths.filter((length) => length < SHORT_OPTION).length];
}

function numberShape(text: string): readonly number[] {
  const numbers = (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return [Math.log1p(numbers.reduce((most, one) => Math.max(most, one), 0)), new Set(numbers).size];
}

/** Numbers about a text that do not depend on its topic: lengths, shares, marks, options, figures. All are finite. */
export function shapeOf(text: string): Float64Array {
  const half = MAX_CHARACTERS / 2;
  const clipped = text.length <= MAX_CHARACTERS ? text : text.slice(0, half) + text.slice(text.length - half);
  const words = wordShape(clipped);
  const lines = clipped.split("\n");
  const counted = COUNTED.flatMap((expression) => {
    const count = matches(clipped, expression);
    return [Math.log1p(count), count / words.count];
  });
  const whole = [Math.log1p(text.length), Math.log1p(lines[0]?.length ?? 0)];
  const features = [...whole, ...words.features, ...optionShape(lines), ...numberShape(clipped), ...counted];
  return Float64Array.from(features, (value) => Math.min(value, 700));
}
