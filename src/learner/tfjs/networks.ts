/** The actor and the critics as functions of named tensors. */

import * as tf from "@tensorflow/tfjs";

/** Tensors under the names of `parameters.ts`. */
export type Tensors = Record<string, tf.Tensor>;

/** What turns the actor's heads into an action. */
export interface ActionSpace {
  /** Half the range of each action, `[action]`. */
  readonly scale: tf.Tensor;
  /** The middle of each action's range, `[action]`. */
  readonly bias: tf.Tensor;
  readonly logStdBounds: readonly [number, number];
}

const HALF_LOG_TWO_PI = 0.9189385332046727;

/**
 * `[m, k]` · `[k, n]` → `[m, n]`. The gradient transposes its operands itself: the product with a transposed operand, which
 * TensorFlow.js would ask for, takes four times as long on the wasm backend.
 */
const matrixProduct = tf.customGrad((...inputs) => {
  const [a, b, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  save([a, b]);
  return {
    value: tf.matMul(a, b),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
      tf.matMul(dy, tf.transpose(saved[1]!)),
      tf.matMul(tf.transpose(saved[0]!), dy),
    ],
  };
});

/** One dense layer: `[batch, in]` → `[batch, out]`. */
function dense(parameters: Tensors, layer: string, x: tf.Tensor): tf.Tensor {
  return tf.add(matrixProduct(x, parameters[`${layer}/kernel`]!), parameters[`${layer}/bias`]!);
}

/** `[batch, in]` → `[batch, hidden]`, through the two hidden layers that every network has. */
function hidden(parameters: Tensors, network: string, x: tf.Tensor): tf.Tensor {
  return tf.relu(dense(parameters, `${network}/hidden2`, tf.relu(dense(parameters, `${network}/hidden1`, x))));
}

/** Q(s, a): `[batch, observation]`, `[batch, action]` → `[batch]`. */
export function criticValue(
  parameters: Tensors,
  network: string,
  observations: tf.Tensor,
  actions: tf.Tensor,
): tf.Tensor {
  const x = tf.concat([observations, actions], 1);
  return tf.squeeze(dense(parameters, `${network}/output`, hidden(parameters, network, x)), [1]);
}

/**
 * a ~ π(·|s) and log π(a|s), from standard normal noise ε: u = mean + std·ε, a = tanh(u)·scale + bias,
 * log π = Σ [log N(u) − log(scale·(1 − tanh²u) + 1e-6)] (Haarnoja et al. 2018, appendix C).
 *
 * @param observations `[batch, observation]`
 * @param noise `[batch, action]`
 * @returns actions `[batch, action]` and their log probabilities `[batch]`
 */
export function sampleActions(
  parameters: Tensors,
  observations: tf.Tensor,
  noise: tf.Tensor,
  { scale, bias, logStdBounds: [low, high] }: ActionSpace,
): { actions: tf.Tensor; logProbabilities: tf.Tensor } {
  const features = hidden(parameters, "actor", observations); // [batch, hidden]
  const mean = dense(parameters, "actor/mean", features); // [batch, action], as all that follow
  const head = tf.tanh(dense(parameters, "actor/log_std", features));
  const logStd = tf.add(tf.mul(tf.add(head, 1), (high - low) / 2), low);
  const squashed = tf.tanh(tf.add(mean, tf.mul(tf.exp(logStd), noise)));
  // log N(u) = −ε²/2 − log std − log √(2π), because (u − mean)/std = ε
  const logNormal = tf.sub(tf.mul(tf.square(noise), -0.5), tf.add(logStd, HALF_LOG_TWO_PI));
  const logSlope = tf.log(tf.add(tf.mul(scale, tf.sub(1, tf.square(squashed))), 1e-6));
  return {
    actions: tf.add(tf.mul(squashed, scale), bias),
    logProbabilities: tf.sum(tf.sub(logNormal, logSlope), 1),
  };
}
