import type { CacheBypass, NotKept } from "../core/cache-policy.ts";
import { type Fault, refusal } from "../core/fault.ts";
import type { Plan, PlannedTarget } from "../core/plan.ts";
import { digestOf } from "../host/digest.ts";
import type { CachedAnswer } from "../stores/ports.ts";
import { idHeaders } from "./answer-headers.ts";
import type { Attempt } from "./attempt.ts";
import type { Exchange, Outcome } from "./attempts.ts";
import type { AnswerCache } from "./cache.ts";
import { type CacheTerms, cacheScope, cacheTerms, escalatedScope, providerOf } from "./cache-ask.ts";
import type { FlightEnd } from "./cache-flights.ts";
import { tellHit } from "./cache-hit.ts";
import { createRecording } from "./cache-recording.ts";
import type { Answer, Call, Won } from "./call.ts";
import { isCascaded } from "./cascade/cascade.ts";
import type { Course } from "./course.ts";
import type { Services } from "./services.ts";

/** What a request met at the cache: its answer, or the way on to the models. */
export type CacheVisit =
  | { readonly kind: "answered"; readonly answer: Answer }
  | {
      readonly kind: "go-on";
      /** Asks the models, and keeps what they answer where it may be kept. */
      ask(run: (exchange: Exchange<Won>) => Promise<Outcome<Won>>): Promise<Outcome<Won>>;
      /** `x-lodestar-cache`. Of an answer that is still streamed nobody knows yet whether it is kept. */
      header(): Record<string, string>;
    };

/** What stays the same while a request is at the cache. */
interface Visit {
  readonly course: Course;
  readonly call: Call;
  readonly cache: AnswerCache;
  readonly terms: Extract<CacheTerms, { kind: "use" }>;
  readonly services: Services;
}

function headerOf(what: string, reason: string | null = null): Record<string, string> {
  return { "x-lodestar-cache": reason === null ? what : `${what}; reason=${reason}` };
}

function onlyKept(call: Call, reason: string): Answer {
  const message = `No kept answer may be given to this request (${reason}), and x-lodestar-cache: only forbids to ask a model. Send it without that header.`;
  const error = refusal("cache_miss", message, { status: 504, type: "not_found_error", param: "x-lodestar-cache" });
  const fault: Fault = { kind: "unavailable", message };
  return { kind: "error", headers: { ...idHeaders(call.requestId), ...headerOf("miss", reason) }, error, fault };
}

function goOnWithout({ course, call, services }: Omit<Visit, "cache" | "terms">, reason: CacheBypass): CacheVisit {
  services.cache?.bypassed(reason);
  if (call.cacheWish?.switch === "only") return { kind: "answered", answer: onlyKept(call, reason) };
  return {
    kind: "go-on",
    ask: (run) => run(course.exchange),
    header: () => headerOf("bypass", reason),
  };
}

/** The digest under which the answer of a target stands; null for one that no entry may be made for. */
function digestFor(planned: PlannedTarget, { course, call, services }: Omit<Visit, "terms" | "cache">): string | null {
  const configured = providerOf(planned, services.settings());
  // The client's own credential is a border that no key or project shows.
  if (configured === undefined || configured.auth === "client" || course.cacheable === null) return null;
  return digestOf(course.cacheable.textOf(cacheScope(call, course.endpoint, planned, configured, services)));
}

/** The digest under which a cascade's answer stands that came from another model than was asked first. */
function escalatedDigest({ course, call }: Pick<Visit, "course" | "call">): string | null {
  return course.cacheable === null ? null : digestOf(course.cacheable.textOf(escalatedScope(call, course)));
}

/** Keeps what a target answered: under the target that did, or for this name alone where a cascade led there. Null: kept. */
function keep(attempt: Attempt, visit: Visit): NotKept | "unkeepable" | null {
  const { course, call, cache, services } = visit;
  const recorded = attempt.recording?.result() ?? "unfinished";
  if (typeof recorded === "string") {
    cache.notKept(recorded);
    return recorded;
  }
  const own = digestFor(attempt.planned, visit);
  const digest = own !== null && attempt.isEscalated ? escalatedDigest(visit) : own;
  if (digest === null) return "unkeepable";
  const { keyId, project } = call.caller;
  const { provider, account, model } = attempt.planned.target;
  const createdAt = services.clock.now();
  const who = { digest, keyId, project, provider, account, model, endpoint: course.endpoint, createdAt };
  return cache.save({ ...who, ...recorded });
}

/** A longer answer is not kept: what is taken down waits in memory until its end. */
const MOST_CHARS = 8 * 1024 * 1024;

/** The way on for a request whose answer is not here. `land` tells those who wait for it how it came out. */
function goOn(visit: Visit, land: Land): CacheVisit {
  const { course, call, services } = visit;
  const mostChars = Math.min(services.settings().cache.maxBytes, MOST_CHARS);
  let header = headerOf(visit.terms.isRefresh ? "refresh" : "miss");
  const exchange: Exchange<Won> = (attempt) => {
    attempt.recording = createRecording({ isCapped: attempt.outputCap !== null, mostChars }, services);
    return course.exchange(attempt);
  };
  const lost = (): void => land(call.signal.aborted ? "left" : "lost");

  function conclude(attempt: Attempt): void {
    const why = keep(attempt, visit);
    if (why === null) land("kept");
    else lost();
    header = why === null ? headerOf("stored") : headerOf("miss", why);
  }

  return {
    kind: "go-on",
    async ask(run) {
      try {
        const outcome = await run(exchange);
        if (!outcome.ok) lost();
        else if (outcome.value.ended === undefined) conclude(outcome.attempt);
        else void outcome.value.ended.then(() => conclude(outcome.attempt));
        return outcome;
      } catch (error) {
        lost();
        throw error;
      }
    },
    header: () => header,
  };
}

/** What is kept for a request, and whose answer it is. */
interface Found {
  readonly kept: CachedAnswer;
  readonly planned: PlannedTarget;
}

/** What a cascade came to, if the model that answered may still be asked. */
function findEscalated(seeker: Seeker, notBefore: number): Found | null {
  const { course, call, cache, plan, services } = seeker;
  const { chat } = course;
  if (chat === undefined || !isCascaded(chat, plan, services.settings().routing.cascade, services)) return null;
  const digest = escalatedDigest(seeker);
  const kept = digest === null ? null : cache.find(digest, call.caller, notBefore);
  const planned = plan.targets.find(
    ({ target }) =>
      target.provider === kept?.provider && target.account === kept.account && target.model === kept.model,
  );
  return kept === null || planned === undefined ? null : { kept, planned };
}

function findKept(seeker: Seeker): Found | null {
  const { call, cache, terms, services, digest, planned } = seeker;
  if (terms.isRefresh) return null;
  const notBefore = services.clock.now() - terms.maxAgeMs;
  const kept = cache.find(digest, call.caller, notBefore);
  return kept === null ? findEscalated(seeker, notBefore) : { kept, planned };
}

/** Ends a flight; a request that nobody waits for has nothing to end. */
type Land = (how: FlightEnd) => void;
const NOBODY: Land = () => undefined;

/** A request with a digest at the cache, on its plan. */
interface Seeker extends Visit {
  readonly digest: string;
  readonly plan: Plan;
  readonly planned: PlannedTarget;
}

function hitOf(seeker: Seeker, hasWaited: boolean): Answer | null {
  const found = findKept(seeker);
  return found === null ? null : tellHit({ ...seeker, ...found, hasWaited }, seeker.services);
}

/** What the cache has at once: the answer, the lead of a flight, or null where an identical request is in flight. */
function meet(seeker: Seeker, hasWaited: boolean): Answer | Land | null {
  const { call, cache, terms, digest } = seeker;
  const answer = hitOf(seeker, hasWaited);
  if (answer !== null) return answer;
  if (terms.isRefresh) return NOBODY;
  if (call.cacheWish?.switch !== "only") return cache.flights.lead(digest);
  return cache.flights.has(digest) ? null : NOBODY;
}

/**
 * Waits for those in flight, but no longer than a model may be silent: the one in front may have a client that reads slowly.
 * One that fails, or whose answer is none to keep, leaves the others to ask by themselves at once.
 */
async function waitThere(seeker: Seeker): Promise<Answer | Land> {
  const { call, cache, services, digest } = seeker;
  const impatience = new AbortController();
  const cancel = services.clock.after(services.settings().deadlines.firstTokenMs, () => impatience.abort());
  try {
    for (;;) {
      const end = await cache.flights.follow(digest, [call.signal, services.shutdown, impatience.signal]);
      if (end === "kept") return hitOf(seeker, true) ?? NOBODY;
      if (impatience.signal.aborted) cache.flights.forget(digest);
      if (end !== "left") return NOBODY;
      const met = meet(seeker, true);
      if (met !== null) return met;
    }
  } finally {
    cancel();
  }
}

function visitOf(found: Answer | Land, seeker: Seeker): CacheVisit {
  const { call, cache } = seeker;
  if (typeof found !== "function") {
    cache.note("hit");
    return { kind: "answered", answer: found };
  }
  cache.note("miss");
  if (call.cacheWish?.switch === "only") return { kind: "answered", answer: onlyKept(call, "none is kept") };
  return goOn(seeker, found);
}

/**
 * Looks a request up under the first target of its plan. Only who waits for an identical request in flight gets a promise:
 * between a plan and its first attempt nobody else may take a place that only one has.
 */
export function visitCache(
  course: Course,
  call: Call,
  plan: Plan,
  services: Services,
): CacheVisit | Promise<CacheVisit> {
  const terms = cacheTerms(call, course.cacheable, course.requested, services);
  const { cache } = services;
  const [planned] = plan.targets;
  if (terms.kind === "bypass") return goOnWithout({ course, call, services }, terms.reason);
  const digest = planned === undefined ? null : digestFor(planned, { course, call, services });
  if (cache === null || planned === undefined || digest === null)
    return goOnWithout({ course, call, services }, "client-credential");
  const seeker = { course, call, cache, terms, services, digest, plan, planned };
  const met = meet(seeker, false);
  return met === null ? waitThere(seeker).then((found) => visitOf(found, seeker)) : visitOf(met, seeker);
}
