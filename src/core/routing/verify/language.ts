import type { Check } from "./verdict.ts";

const SCRIPTS = {
  Latin: /\p{Script=Latin}/gu,
  Cyrillic: /\p{Script=Cyrillic}/gu,
  Greek: /\p{Script=Greek}/gu,
  Arabic: /\p{Script=Arabic}/gu,
  Hebrew: /\p{Script=Hebrew}/gu,
  Devanagari: /\p{Script=Devanagari}/gu,
  Thai: /\p{Script=Thai}/gu,
  Hangul: /\p{Script=Hangul}/gu,
  "Chinese or Japanese": /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
} as const;

/** Frequent small words that the other languages here do not have. */
const SMALL_WORDS: Readonly<Record<string, readonly string[]>> = {
  English: ["the", "and", "is", "of", "to", "that", "with", "this", "are", "you", "it", "for"],
  German: ["der", "die", "das", "und", "ist", "nicht", "ein", "eine", "mit", "ich", "auf", "für"],
  French: ["le", "les", "des", "est", "et", "une", "dans", "pour", "vous", "que", "pas", "avec"],
  Spanish: ["el", "los", "las", "una", "por", "con", "para", "es", "del", "como", "pero", "está"],
  Portuguese: ["não", "uma", "para", "com", "os", "são", "você", "em", "como", "mais", "isso", "pelo"],
  Italian: ["il", "che", "di", "non", "per", "gli", "sono", "della", "con", "questo", "nel", "anche"],
  Dutch: ["het", "een", "van", "niet", "zijn", "voor", "met", "dat", "deze", "ook", "maar", "wordt"],
};

/** Fewer letters say too little. */
const FEWEST_LETTERS = 24;
/** A script or language stands for a text with this part of it. */
const SHARE = 0.6;
const FEWEST_SMALL_WORDS = 6;

/** The request speaks of languages itself: then any may be right. */
const SPEAKS_OF_LANGUAGES =
  /\b(?:translat|übersetz|tradu[ci]|vertaal|localiz|localis|i18n|language|sprache|langue|idioma|lingua|english|german|deutsch|french|français|spanish|español|italian|portugu|dutch|chinese|mandarin|japanese|korean|russian|arabic|hebrew|hindi|greek|thai|englisch|inglés|anglais)|перев|翻译|翻譯|中文|英文|英语|日本語|英語|번역|영어/iu;

function scriptOf(text: string): string | null {
  const counts = Object.entries(SCRIPTS).map(([name, pattern]) => ({ name, count: text.match(pattern)?.length ?? 0 }));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const most = counts.reduce((best, next) => (next.count > best.count ? next : best));
  return total >= FEWEST_LETTERS && most.count >= total * SHARE ? most.name : null;
}

function latinLanguageOf(text: string): string | null {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  const counts = Object.entries(SMALL_WORDS).map(([name, small]) => ({
    name,
    count: words.filter((word) => small.includes(word)).length,
  }));
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const most = counts.reduce((best, next) => (next.count > best.count ? next : best));
  return most.count >= FEWEST_SMALL_WORDS && most.count >= total * SHARE ? most.name : null;
}

/** Code, paths and addresses have no language. */
function proseOf(text: string): string {
  return text.replace(/```[\s\S]*?(?:```|$)|`[^`\n]*`|https?:\/\/\S+/g, " ");
}

/** An answer in another language than the question: by its script, and within Latin script by small words. */
export const isOtherLanguage: Check = ({ prose, userText, request }) => {
  const instructions = request.messages.filter(({ role }) => role === "system" || role === "developer");
  const told = instructions.flatMap(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")));
  if (SPEAKS_OF_LANGUAGES.test(userText) || told.some((text) => SPEAKS_OF_LANGUAGES.test(text))) return undefined;
  const [asked, answered] = [proseOf(userText), proseOf(prose)];
  const [from, to] = [scriptOf(asked), scriptOf(answered)];
  if (from === null || to === null) return undefined;
  if (from !== to) return `the question is in ${from} script, the answer in ${to}`;
  if (from !== "Latin") return null;
  const [fromLanguage, toLanguage] = [latinLanguageOf(asked), latinLanguageOf(answered)];
  if (fromLanguage === null || toLanguage === null || fromLanguage === toLanguage) return null;
  return `the question is in ${fromLanguage}, the answer in ${toLanguage}`;
};
