/** Adam (Kingma and Ba, 2015) on named tensors, in the form that PyTorch computes. */

import * as tf from "@tensorflow/tfjs";
import { power } from "../power.ts";
import type { Tensors } from "./networks.ts";

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/**
 * One step: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − rate/(1−β₁ᵗ) · m / (√(v/(1−β₂ᵗ)) + ε).
 *
 * @param state θ under `name`, m under `adam_m/name`, v under `adam_v/name`
 * @param gradients g for each parameter to change, by name
 * @param step t, from 1
 * @param assign replaces a tensor of the state
 */
export function adamStep(
  state: Tensors,
  gradients: Tensors,
  rate: number,
  step: number,
  assign: (name: string, value: tf.Tensor) => void,
): void {
  const stepSize = rate / (1 - power(BETA_1, step)), rootOfCorrection = Math.sqrt(1 - power(BETA_2, step));
  for (const [name, gradient] of Object.entries(gradients)) {
    const m = tf.add(tf.mul(state[`adam_m/${name}`]!, BETA_1), tf.mul(gradient, 1 - BETA_1));
    const v = tf.add(tf.mul(state[`adam_v/${name}`]!, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2));
    const denominator = tf.add(tf.div(tf.sqrt(v), rootOfCorrection), EPSILON);
    assign(name, tf.sub(state[name]!, tf.mul(tf.div(m, denominator), stepSize)));
    assign(`adam_m/${name}`, m);
    assign(`adam_v/${name}`, v);
  }
}
