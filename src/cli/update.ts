import { assetName, thisMachine } from "../features/update/asset.ts";
import { rollBackBinary } from "../features/update/swap.ts";
import { findOffer, installOffer, type Offer } from "../features/update/update.ts";
import { EXIT_CODES } from "../terminal/exit-code.ts";
import { failureProblem, usageProblem } from "../terminal/problem.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { defineCommand, type Outcome } from "./command.ts";

/** Only a compiled binary can replace itself. */
function notInstalled(): Outcome {
  return failureProblem(
    "not_a_binary",
    "this Lodestar runs from its sources, so there is no binary to replace",
    "update the checkout with git, then: npm start",
  );
}

function showOffer(offer: Offer, current: string, isJson: boolean, terminal: Terminal): Outcome {
  const latest = offer.index.version;
  if (isJson) {
    terminal.out(JSON.stringify({ current, latest, isNewer: offer.isNewer, source: offer.source.place }));
    return EXIT_CODES.ok;
  }
  terminal.out(
    offer.isNewer
      ? `Lodestar ${latest} is available; this is ${current}. Install it with: lodestar update`
      : `Lodestar ${current} is up to date (${offer.source.place} has ${latest}).`,
  );
  return EXIT_CODES.ok;
}

async function install(offer: Offer, current: string, terminal: Terminal): Promise<Outcome> {
  const asset = assetName(thisMachine());
  if (asset === null) {
    return failureProblem(
      "update_not_for_this_machine",
      `no binary is made for ${process.platform} on ${process.arch}`,
    );
  }
  terminal.talk(`Fetching ${asset} ${offer.index.version} from ${offer.source.place}`);
  const installed = await installOffer(offer, asset, process.execPath);
  if (!installed.ok) return installed.error;
  terminal.talk(
    `Lodestar ${installed.value.version} is in place of ${current}, which is kept as ${installed.value.previous}.`,
  );
  terminal.talk("A running daemon still runs the old one: lodestar restart. To go back: lodestar update --rollback");
  return EXIT_CODES.ok;
}

function rollBack(terminal: Terminal): Outcome {
  const done = rollBackBinary(process.execPath);
  if (!done.ok) return done.error;
  terminal.talk(`The previous binary is back at ${done.value}. Run the same command again to undo this.`);
  return EXIT_CODES.ok;
}

/** `lodestar update`: replaces this binary by a newer one, checked and with a way back. */
export const command = defineCommand({
  meta: {
    name: "update",
    description: "Replace this binary by a newer one, or go back",
    group: "More",
    examples: [
      ["lodestar update --check", "say whether there is a newer version"],
      ["lodestar update", "fetch it, check it, put it in place"],
      ["lodestar update --to 0.2.0", "a certain version, newer or older"],
      ["lodestar update --rollback", "back to the binary before the last update"],
    ],
    notes: [
      "The source holds VERSION, SHA256SUMS and the binaries, as `bun run release` makes them. The download must match its checksum and run on this machine before it replaces anything.",
    ],
  },
  args: {
    check: { type: "boolean", description: "Only say what there is" },
    rollback: { type: "boolean", description: "Exchange this binary and the one before it" },
    to: { type: "string", description: "Install this version", valueHint: "VERSION" },
    from: {
      type: "string",
      description: "Where releases lie: an https address or a folder",
      valueHint: "PLACE",
      env: "LODESTAR_UPDATE_URL",
    },
    json: { type: "boolean", description: "With --check: one line of JSON" },
  },
  async run({ args, terminal, version }) {
    if (args.rollback && (args.check || args.to !== undefined)) {
      return usageProblem("conflicting_flags", "--rollback goes alone: it fetches nothing");
    }
    if (!args.check && !Bun.isStandaloneExecutable) return notInstalled();
    if (args.rollback) return rollBack(terminal);
    const offer = await findOffer({ from: args.from ?? null, version: args.to ?? null, current: version });
    if (!offer.ok) return offer.error;
    const isWanted = offer.value.isNewer || args.to !== undefined;
    return args.check || !isWanted
      ? showOffer(offer.value, version, args.json, terminal)
      : install(offer.value, version, terminal);
  },
});
