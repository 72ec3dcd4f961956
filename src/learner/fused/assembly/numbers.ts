// Elementary functions and random numbers in plain IEEE float64 arithmetic: the same bits on every machine. They compute two numbers
// at a time, lane by lane in the same order of operations.

@inline
function both(x: f64): v128 {
  return f64x2.splat(x);
}

/** a + b·x */
@inline
function line(a: f64, x: v128, b: f64): v128 {
  return f64x2.add(both(a), f64x2.mul(x, both(b)));
}

/** a + b·c */
@inline
function plus(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(a, f64x2.mul(b, c));
}

/** The first lane. */
@inline
function first(x: v128): f64 {
  return f64x2.extract_lane(x, 0);
}

/** e^x for x in [-700, 700]; relative error below 1e-11. */
export function expOfBoth(x: v128): v128 {
  const k = f64x2.nearest(f64x2.mul(x, both(1.4426950408889634)));
  // ln 2 in two parts; |r| <= 0.3466
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, both(0.6931471803691238))), f64x2.mul(k, both(1.9082149292705877e-10)));
  // The Taylor series to r^9, its terms in pairs: a short chain of dependent operations.
  const r2 = f64x2.mul(r, r), r4 = f64x2.mul(r2, r2);
  const low = plus(f64x2.add(both(1.0), r), r2, line(0.5, r, 1.0 / 6.0));
  const middle = plus(line(1.0 / 24.0, r, 1.0 / 120.0), r2, line(1.0 / 720.0, r, 1.0 / 5040.0));
  const series = plus(low, r4, plus(middle, r4, line(1.0 / 40320.0, r, 1.0 / 362880.0)));
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  return f64x2.mul(series, i64x2.shl(i64x2.add(exponent, i64x2.splat(1023)), 52));
}

/** The hyperbolic tangent; relative error below 1e-9, a fiftieth of float32's half step. */
export function tanhOfBoth(x: v128): v128 {
  const magnitude = f64x2.abs(x), sign = v128.and(x, both(-0.0));
  const z = f64x2.mul(x, x);
  const inner = plus(both(-17.0 / 315.0), z, both(62.0 / 2835.0));
  const series = plus(both(-1.0 / 3.0), z, plus(both(2.0 / 15.0), z, inner));
  const small = plus(x, f64x2.mul(x, z), series);
  const e = expOfBoth(f64x2.mul(both(-2.0), magnitude)), one = both(1.0);
  const quotient = f64x2.div(f64x2.sub(one, e), f64x2.add(one, e));
  const large = v128.or(v128.bitselect(one, quotient, f64x2.gt(magnitude, both(20.0))), sign);
  return v128.bitselect(small, large, f64x2.lt(magnitude, both(0.1)));
}

/** The natural logarithm of positive normal numbers; the twin of `naturalLogarithm` in src/normal_quantile.ts, bit for bit. */
export function logOfBoth(x: v128): v128 {
  const high = i64x2.sub(i64x2.shr_u(x, 52), i64x2.splat(1023));
  let exponent = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(high, high, 0, 2, 0, 2));
  let mantissa = v128.or(v128.and(x, i64x2.splat(0xfffffffffffff)), i64x2.splat(0x3ff0000000000000));
  const isLarge = f64x2.gt(mantissa, both(1.4142135623730951)), one = both(1.0);
  mantissa = v128.bitselect(f64x2.mul(mantissa, both(0.5)), mantissa, isLarge);
  exponent = f64x2.add(exponent, v128.and(one, isLarge));
  const s = f64x2.div(f64x2.sub(mantissa, one), f64x2.add(mantissa, one)), z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z), z4 = f64x2.mul(z2, z2);
  const low = plus(line(1.0 / 3.0, z, 1.0 / 5.0), z2, line(1.0 / 7.0, z, 1.0 / 9.0));
  const middle = plus(line(1.0 / 11.0, z, 1.0 / 13.0), z2, line(1.0 / 15.0, z, 1.0 / 17.0));
  const end = plus(line(1.0 / 19.0, z, 1.0 / 21.0), z2, both(1.0 / 23.0));
  const series = plus(low, z4, plus(middle, z4, end)), twice = f64x2.mul(both(2.0), s);
  const ofMantissa = plus(twice, f64x2.mul(twice, z), series);
  return plus(ofMantissa, exponent, both(0.6931471805599453));
}

/** {@link expOfBoth} of one number. */
export function exp(x: f64): f64 {
  return first(expOfBoth(both(x)));
}

/** {@link tanhOfBoth} of one number. */
export function tanh(x: f64): f64 {
  return first(tanhOfBoth(both(x)));
}

/** {@link logOfBoth} of one number. */
export function log(x: f64): f64 {
  return first(logOfBoth(both(x)));
}

/** One step of Horner's rule for numerator and denominator side by side. */
@inline
function horner(sum: v128, r: v128, numerator: f64, denominator: f64): v128 {
  return f64x2.add(f64x2.mul(sum, r), f64x2(numerator, denominator));
}

/** The standard normal quantile; the twin of `normalQuantile` in src/normal_quantile.ts (AS 241), bit for bit. */
function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = both(0.180625 - q * q);
    let sum = f64x2(2509.0809287301226727, 5226.495278852545925);
    sum = horner(sum, r, 33430.575583588128105, 28729.085735721942674);
    sum = horner(sum, r, 67265.770927008700853, 39307.89580009271061);
    sum = horner(sum, r, 45921.953931549871457, 21213.794301586595867);
    sum = horner(sum, r, 13731.693765509461125, 5394.1960214247511077);
    sum = horner(sum, r, 1971.5909503065514427, 687.1870074920579083);
    sum = horner(sum, r, 133.14166789178437745, 42.313330701600911252);
    sum = horner(sum, r, 3.387132872796366608, 1.0);
    return q * f64x2.extract_lane(sum, 0) / f64x2.extract_lane(sum, 1);
  }
  const tail = sqrt<f64>(-log(q < 0.0 ? p : 1.0 - p));
  let sum: v128;
  if (tail <= 5.0) {
    const r = both(tail - 1.6);
    sum = f64x2(7.7454501427834140764e-4, 1.05075007164441684324e-9);
    sum = horner(sum, r, 0.0227238449892691845833, 5.475938084995344946e-4);
    sum = horner(sum, r, 0.24178072517745061177, 0.0151986665636164571966);
    sum = horner(sum, r, 1.27045825245236838258, 0.14810397642748007459);
    sum = horner(sum, r, 3.64784832476320460504, 0.68976733498510000455);
    sum = horner(sum, r, 5.7694972214606914055, 1.6763848301838038494);
    sum = horner(sum, r, 4.6303378461565452959, 2.05319162663775882187);
    sum = horner(sum, r, 1.42343711074968357734, 1.0);
  } else {
    const r = both(tail - 5.0);
    sum = f64x2(2.01033439929228813265e-7, 2.04426310338993978564e-15);
    sum = horner(sum, r, 2.71155556874348757815e-5, 1.4215117583164458887e-7);
    sum = horner(sum, r, 0.0012426609473880784386, 1.8463183175100546818e-5);
    sum = horner(sum, r, 0.026532189526576123093, 7.868691311456132591e-4);
    sum = horner(sum, r, 0.29656057182850489123, 0.0148753612908506148525);
    sum = horner(sum, r, 1.7848265399172913358, 0.13692988092273580531);
    sum = horner(sum, r, 5.4637849111641143699, 0.59983220655588793769);
    sum = horner(sum, r, 6.6579046435011037772, 1.0);
  }
  const z = f64x2.extract_lane(sum, 0) / f64x2.extract_lane(sum, 1);
  return q < 0.0 ? -z : z;
}

@inline
function normalOf(word: u32): f32 {
  return <f32>normalQuantile((<f64>word + 0.5) / 4294967296.0);
}

/** Writes the four normal numbers of one Philox4x32-10 block; the twin of `RandomStream.fillNormal` in src/random.ts. */
export function normalBlock(block: u32, index: u32, key0: u32, key1: u32, out: usize): void {
  let c0 = block, c1: u32 = 0, c2 = index, c3: u32 = 0, k0 = key0, k1 = key1;
  for (let round = 0; round < 10; round++) {
    const product0 = <u64>c0 * 0xD2511F53, product1 = <u64>c2 * 0xCD9E8D57;
    c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
    c1 = <u32>product1;
    c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
    c3 = <u32>product0;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  store<f32>(out, normalOf(c0));
  store<f32>(out, normalOf(c1), 4);
  store<f32>(out, normalOf(c2), 8);
  store<f32>(out, normalOf(c3), 12);
}
