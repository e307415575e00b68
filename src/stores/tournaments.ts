import type { Result } from "../core/result.ts";
import type { TournamentStore } from "../core/tournament/tournament.ts";
import type { StoreFault } from "./ports.ts";
import { openWriter } from "./sqlite/database.ts";
import { createSqliteTournaments } from "./sqlite/tournaments.ts";
import { votesPlan } from "./votes-plan.ts";

/**
 * Opens the tournaments in `votes.db` (0600) of a state directory that exists, also beside a daemon: it never touches their
 * tables, and SQLite lets one writer wait for another.
 */
export function openTournaments(options: { readonly stateDir: string }): Result<TournamentStore, StoreFault> {
  return openWriter(votesPlan(options.stateDir), createSqliteTournaments);
}
