// Elementary functions and random numbers in plain IEEE float64 arithmetic: the same bits on every machine.

/** e^x for x in [-700, 700]; relative error below 1e-11. */
export function exp(x: f64): f64 {
  const k = nearest(x * 1.4426950408889634);
  const r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10; // ln 2 in two parts; |r| <= 0.3466
  // The Taylor series to r^9, its terms in pairs: a short chain of dependent operations.
  const r2 = r * r, r4 = r2 * r2;
  const low = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0));
  const middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
  const series = low + r4 * (middle + r4 * (1.0 / 40320.0 + r * (1.0 / 362880.0)));
  return series * reinterpret<f64>((<i64>k + 1023) << 52);
}

/** The hyperbolic tangent; relative error below 1e-9, a fiftieth of float32's half step. */
export function tanh(x: f64): f64 {
  const magnitude = abs(x);
  if (magnitude < 0.1) {
    const z = x * x;
    return x + x * z * (-1.0 / 3.0 + z * (2.0 / 15.0 + z * (-17.0 / 315.0 + z * (62.0 / 2835.0))));
  }
  if (magnitude > 20.0) return copysign<f64>(1.0, x);
  const e = exp(-2.0 * magnitude);
  return copysign<f64>((1.0 - e) / (1.0 + e), x);
}

/** The natural logarithm of a positive normal number; the twin of `naturalLogarithm` in src/normal_quantile.ts, bit for bit. */
export function log(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = <f64>(<i32>(bits >> 52) - 1023);
  let mantissa = reinterpret<f64>((bits & 0xfffffffffffff) | 0x3ff0000000000000);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1.0;
  }
  const s = (mantissa - 1.0) / (mantissa + 1.0), z = s * s;
  const z2 = z * z, z4 = z2 * z2;
  const low = (1.0 / 3.0 + z * (1.0 / 5.0)) + z2 * (1.0 / 7.0 + z * (1.0 / 9.0));
  const middle = (1.0 / 11.0 + z * (1.0 / 13.0)) + z2 * (1.0 / 15.0 + z * (1.0 / 17.0));
  const high = (1.0 / 19.0 + z * (1.0 / 21.0)) + z2 * (1.0 / 23.0);
  const series = low + z4 * (middle + z4 * high);
  return exponent * 0.6931471805599453 + (2.0 * s + 2.0 * s * z * series);
}

/** The standard normal quantile; the twin of `normalQuantile` in src/normal_quantile.ts (AS 241), bit for bit. */
function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return q *
      (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
                    45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r +
            133.14166789178437745) * r + 3.387132872796366608) /
      (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
                    21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r +
            42.313330701600911252) * r + 1.0);
  }
  let r = sqrt<f64>(-log(q < 0.0 ? p : 1.0 - p));
  let z: f64;
  if (r <= 5.0) {
    r -= 1.6;
    z = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
                    1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r +
            4.6303378461565452959) * r + 1.42343711074968357734) /
      (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
                    0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r +
            2.05319162663775882187) * r + 1.0);
  } else {
    r -= 5.0;
    z = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
                    0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r +
            5.4637849111641143699) * r + 6.6579046435011037772) /
      (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
                    7.868691311456132591e-4) * r + 0.0148753612908506148525) * r + 0.13692988092273580531) * r +
            0.59983220655588793769) * r + 1.0);
  }
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
