import type { NanoUsd } from "../../core/money.ts";
import type { ChatRequest } from "../../core/request.ts";
import type { Candidate } from "../../core/routing/candidates.ts";
import { createClassifier } from "../../core/routing/classifier.ts";
import { createDifficulty } from "../../core/routing/difficulty.ts";
import { choosePolicy } from "../../core/routing/policy.ts";
import { compileRules } from "../../core/routing/rules/compile.ts";
import { evaluateRules } from "../../core/routing/rules/evaluate.ts";
import { noFacts } from "../../core/routing/rules/given-facts.ts";
import type { Rule } from "../../core/routing/rules/rule.ts";
import { readSignals } from "../../core/routing/signals.ts";
import { readDifficultyWeights } from "../../host/router/difficulty.ts";
import { readClassifierWeights } from "../../host/router/weights.ts";

/** How long a decision took, in microseconds. */
export interface DecisionTime {
  readonly characters: number;
  readonly rounds: number;
  readonly p50: number;
  readonly p99: number;
}

const CHARACTERS = 8192;
const ROUNDS = 3000;
const WARM_UP = 1000;
const PARAGRAPH =
  "The tests of src/store/orders.ts fail since the last change: TypeError: cannot read properties of undefined (reading 'total') at sumOrders (src/store/orders.ts:41:18). Please find out why an empty basket has no rows, fix it, and say what you changed. ";

/** A request of 8 KB, a little different in each round. */
function requestOf(round: number): ChatRequest {
  const text = `${round} ${PARAGRAPH.repeat(Math.ceil(CHARACTERS / PARAGRAPH.length))}`.slice(0, CHARACTERS);
  return { model: "auto", stream: false, messages: [{ role: "user", parts: [{ type: "text", text }] }] };
}

function candidateOf(index: number): Candidate {
  const mean = 0.6 + 0.05 * index;
  return {
    name: `provider/model-${index}`,
    isLocal: index === 0,
    belief: { mean, low: mean - 0.1, high: mean + 0.1, priorWeight: 10, ownWeight: 5, source: "measured" },
    expected: mean,
    costNanoUsd: (index * 1_000_000) as NanoUsd,
    cacheNanoUsd: 0 as NanoUsd,
    outputTokens: 500,
    tokens: "class",
    latencyMs: 2000,
    isLoaded: index === 0 ? true : null,
    block: null,
  };
}

const CANDIDATES = [0, 1, 2, 3, 4, 5].map(candidateOf);

function ruleOf(index: number): Rule {
  return {
    name: `rule ${index}`,
    priority: index,
    tags: [],
    requested: [],
    when: { path: [`packages/p${index}/**`], language: ["python"], tokens: { atLeast: 100_000, below: null } },
    actions: {
      to: { kind: "policy" },
      floor: null,
      ceilingNanoUsd: null,
      cache: null,
      clamps: null,
      isStickyOff: false,
    },
  };
}

/** Measures decisions on this machine: signals, ten rules, class, difficulty, and the choice among six priced candidates. */
export function measureDecision(now: () => number): DecisionTime {
  const classifier = createClassifier(readClassifierWeights());
  const difficulty = createDifficulty(readDifficultyWeights());
  const rules = compileRules([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(ruleOf), [], "UTC");
  const decide = (request: ChatRequest): void => {
    const signals = readSignals(request);
    const { taskClass } = classifier.classify(signals.text);
    evaluateRules(rules, { ...noFacts(0), signals: () => signals, task: () => taskClass });
    const isHard = (difficulty(signals.text)?.value ?? 0) > 0.5;
    choosePolicy({
      candidates: CANDIDATES,
      taskClass,
      turn: signals.turn,
      isPlan: signals.isPlan,
      hasTools: false,
      floor: isHard ? 0.8 : 0.7,
      isWished: true,
      current: null,
      isSticky: false,
      isStalled: false,
      explore: null,
    });
  };
  for (let round = 0; round < WARM_UP; round++) decide(requestOf(round));
  const times = new Float64Array(ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    const request = requestOf(round);
    const start = now();
    decide(request);
    times[round] = (now() - start) * 1000;
  }
  times.sort();
  const at = (share: number): number => times[Math.floor(share * ROUNDS)] ?? 0;
  return { characters: CHARACTERS, rounds: ROUNDS, p50: at(0.5), p99: at(0.99) };
}
