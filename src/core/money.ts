/** Money in Lodestar is a whole number of nano-dollars: 1 USD is 1,000,000,000. Exact up to 9 million USD in a `number`. */
export type NanoUsd = number;

/** Nano-dollars in one dollar. */
export const NANO_PER_USD = 1_000_000_000;

/** An exact decimal number: `mantissa * 10^-scale`. */
export interface Decimal {
  readonly mantissa: bigint;
  readonly scale: number;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/** Reads a decimal number exactly, e.g. `0.0375` or `1e-7`; `undefined` when it is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const [, sign = "", whole = "0", fraction = "", exponent = "0"] = match;
  const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { mantissa: digits, scale } : { mantissa: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** The exact decimal that a JavaScript number prints as. */
export function decimalOf(value: number): Decimal {
  if (Number.isSafeInteger(value)) return { mantissa: BigInt(value), scale: 0 };
  return parseDecimal(String(value)) ?? { mantissa: 0n, scale: 0 };
}

/** Exact sum. */
export function addDecimal(left: Decimal, right: Decimal): Decimal {
  if (left.scale === right.scale) return { mantissa: left.mantissa + right.mantissa, scale: left.scale };
  const scale = Math.max(left.scale, right.scale);
  const leftMantissa = left.mantissa * 10n ** BigInt(scale - left.scale);
  const rightMantissa = right.mantissa * 10n ** BigInt(scale - right.scale);
  return { mantissa: leftMantissa + rightMantissa, scale };
}

/** Exact product. */
export function multiplyDecimal(left: Decimal, right: Decimal): Decimal {
  return { mantissa: left.mantissa * right.mantissa, scale: left.scale + right.scale };
}

/** The number with every digit that it has, and none more: `0.0000375`, `12`. */
export function decimalText({ mantissa, scale }: Decimal): string {
  const sign = mantissa < 0n ? "-" : "";
  const digits = String(mantissa < 0n ? -mantissa : mantissa).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Nano-dollars as text with every digit: `$0.04256`, `-$1.5`. */
export function exactUsd(nano: NanoUsd): string {
  return `${nano < 0 ? "-" : ""}$${decimalText({ mantissa: BigInt(Math.abs(nano)), scale: 9 })}`;
}

/** A dollar amount rounded once, half up, to nano-dollars. */
export function toNanoUsd(usd: Decimal): NanoUsd {
  const shift = 9 - usd.scale;
  if (shift >= 0) return Number(usd.mantissa * 10n ** BigInt(shift));
  const divisor = 10n ** BigInt(-shift);
  const half = usd.mantissa >= 0n ? divisor / 2n : -(divisor / 2n);
  return Number((usd.mantissa + half) / divisor);
}

/** Nano-dollars as the decimal number of dollars that clients expect in `usage.cost`. */
export function toUsd(nano: NanoUsd): number {
  return nano / NANO_PER_USD;
}

/** Nano-dollars as text with as many digits as matter: `$0.0000375`, `$1.25`, `$0`. */
export function formatUsd(nano: NanoUsd): string {
  if (nano === 0) return "$0";
  const sign = nano < 0 ? "-" : "";
  const absolute = Math.abs(nano);
  const whole = Math.floor(absolute / NANO_PER_USD);
  const fraction = String(absolute % NANO_PER_USD).padStart(9, "0");
  const isSmall = absolute < NANO_PER_USD / 100;
  const digits = isSmall ? fraction.replace(/0+$/, "") : fraction.slice(0, 4).replace(/0{1,2}$/, "");
  return `${sign}$${whole}${digits === "" ? "" : `.${digits}`}`;
}
