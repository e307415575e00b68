import { join } from "node:path";
import { type Grammar, parseGrammar, speakPrompts } from "./grammar.ts";
import { type Example, readOwnPrompts, readPublished } from "./sources.ts";

/** Everything that the classifier is trained and measured on. */
export interface Material {
  readonly own: readonly Example[];
  readonly grammar: Grammar;
  readonly published: readonly Example[];
}

const SPOKEN = { perClass: 1_500, seed: 7 };
/** Longer texts of the published sets are mostly exam questions and passages: with them every long tale would seem general. */
const LONGEST_PUBLISHED = 120;

/** Reads the project's own data below `root`, and the published sets of a folder. */
export async function readMaterial(root: string, publishedFolder: string): Promise<Material> {
  const [own, grammar, published] = await Promise.all([
    readOwnPrompts(join(root, "config/router/prompts")),
    Bun.file(join(root, "config/router/grammar.txt")).text(),
    readPublished(publishedFolder),
  ]);
  return { own, grammar: parseGrammar(grammar), published };
}

/** Own prompts of one split. */
export function ofSplit({ own }: Material, split: Example["split"]): readonly Example[] {
  return own.filter((example) => example.split === split);
}

/** What is trained beside own prompts: the grammar's, whose pasted code is theirs, published ones that are short, and real users'. */
export function trainingSet(
  material: Material,
  own: readonly Example[],
  isPublishedUsed: (example: Example) => boolean,
): readonly Example[] {
  const spoken = speakPrompts(material.grammar, own, SPOKEN);
  const published = material.published.filter(
    ({ text, source }) => source === "hand" || text.length <= LONGEST_PUBLISHED,
  );
  return [...own, ...spoken, ...published.filter(isPublishedUsed)];
}

/** What the measured classifier is trained on: train styles only, and nothing of the published test. */
export function measuredExamples(material: Material): readonly Example[] {
  return trainingSet(material, ofSplit(material, "train"), ({ source }) => source !== "hand");
}

/** What the shipped classifier is trained on: train and validation styles, never a test style, and all published sets. */
export function shippedExamples(material: Material): readonly Example[] {
  const own = [...ofSplit(material, "train"), ...ofSplit(material, "validation")];
  return trainingSet(material, own, () => true);
}
