import { failure, type Result } from "../../core/result.ts";
import { isSshUrl } from "../../core/ssh-address.ts";
import { type SshRoute, sshText, type Tunnels } from "./tunnels.ts";

/** The tunnels of this process, as its pool of connections is the process's: whoever asks a URL need not know how it is reached. */
const held = new Set<Tunnels>();

/** From now on `ssh://` URLs are asked through these tunnels; returns how to let them go. */
export function useTunnels(tunnels: Tunnels): () => void {
  held.add(tunnels);
  return () => void held.delete(tunnels);
}

/** The way for an `ssh://` URL, waiting at most `patienceMs` for its tunnel. The error is for people. */
export async function routeSsh(
  url: string,
  patienceMs: number,
  signal: AbortSignal | null,
): Promise<Result<SshRoute, string>> {
  const tunnels = [...held].at(-1);
  if (tunnels === undefined) return failure("SSH tunnels are open only while a daemon runs: lodestar serve");
  const route = await tunnels.routeFor(url, patienceMs, signal);
  return route.ok ? route : failure(sshText(route.error));
}

/** A call that waits for its tunnel waits at most this long, unless its own signal ends it. */
const PATIENCE_MS = 10_000;

/** fetch, for model servers of the user's own: `http://` as ever, `ssh://` through its tunnel. Rejects with words for people. */
export async function fetchThrough(url: string, init: BunFetchRequestInit): Promise<Response> {
  if (!isSshUrl(url)) return fetch(url, init);
  const route = await routeSsh(url, PATIENCE_MS, init.signal ?? null);
  if (!route.ok) throw new Error(route.error);
  try {
    return await fetch(route.value.url, { ...init, proxy: false, unix: route.value.socket });
  } catch (error) {
    const problem = init.signal?.aborted === true ? null : await route.value.explain();
    throw problem === null ? error : new Error(sshText(problem));
  }
}
