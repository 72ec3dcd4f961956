/**
 * The reference engine: Soft Actor-Critic (Haarnoja et al., "Soft actor-critic algorithms and applications", 2018) on
 * TensorFlow.js, written to be read beside the paper. Every other engine has to agree with it.
 */

import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../random.ts";
import type { Batch } from "../replay.ts";
import { checkUpdate } from "./check_update.ts";
import type { Learner, LearnerOptions, Losses, UpdateNoise } from "./learner.ts";
import {
  actorParameterShapes,
  checkParameters,
  initialState,
  joinCount,
  type ParameterSet,
  sizeOf,
  splitCount,
  stateShapes,
} from "./parameters.ts";
import { adamStep } from "./tfjs/adam.ts";
import { type ActionSpace, criticValue, sampleActions, type Tensors } from "./tfjs/networks.ts";
import { type Backend, startBackend } from "./tfjs_backend.ts";

/** A batch on the device, under the paper's names. */
interface Transitions {
  /** `[batch, observation]` */
  readonly observations: tf.Tensor;
  /** `[batch, action]` */
  readonly actions: tf.Tensor;
  /** `[batch]` */
  readonly rewards: tf.Tensor;
  /** `[batch, observation]` */
  readonly nextObservations: tf.Tensor;
  /** `[batch]`: 1 where the episode ended of itself */
  readonly terminated: tf.Tensor;
}

/**
 * Makes a learner on TensorFlow.js.
 *
 * @throws {UsageError} if this machine does not have the backend
 */
export async function createTfjsLearner(options: LearnerOptions, backend: Backend | "auto"): Promise<Learner> {
  return new TfjsLearner(options, await startBackend(backend));
}

class TfjsLearner implements Learner {
  readonly engine = "tfjs";
  readonly backend: Backend;
  readonly #options: LearnerOptions;
  readonly #space: ActionSpace;
  /** Everything of `stateShapes` but the counts; `last/losses` in two parts, because critics learn oftener than the policy. */
  readonly #state: Tensors = {};
  #updates = 0;
  #policySteps = 0;

  constructor(options: LearnerOptions, backend: Backend) {
    this.#options = options;
    this.backend = backend;
    const low = Array.from(options.actionLow), high = Array.from(options.actionHigh);
    this.#space = {
      scale: tf.tensor1d(low.map((bound, i) => (high[i]! - bound) / 2)),
      bias: tf.tensor1d(low.map((bound, i) => (high[i]! + bound) / 2)),
      logStdBounds: options.logStdBounds,
    };
    this.setState(initialState(options, options));
  }

  get updates(): number {
    return this.#updates;
  }

  update(batch: Batch, withPolicy: boolean, noise: UpdateNoise = this.#drawNoise(withPolicy)): void {
    checkUpdate(this.#options, batch, withPolicy, noise);
    this.#activate();
    tf.tidy(() => {
      const { batchSize, observationSize, actionSize } = this.#options;
      const observationTensor = (data: Float32Array) => tf.tensor2d(data, [batchSize, observationSize]);
      const actionTensor = (data: Float32Array) => tf.tensor2d(data, [batchSize, actionSize]);
      const transitions: Transitions = {
        observations: observationTensor(batch.observations),
        actions: actionTensor(batch.actions),
        rewards: tf.tensor1d(batch.rewards),
        nextObservations: observationTensor(batch.nextObservations),
        terminated: tf.tensor1d(batch.terminated),
      };
      this.#updates++;
      this.#updateCritics(transitions, actionTensor(noise.nextAction));
      for (let k = 0; withPolicy && k < this.#options.policySteps; k++) {
        this.#policySteps++;
        const policyLoss = this.#updateActor(transitions, actionTensor(noise.actor[k]!));
        const alphaLoss = this.#updateTemperature(transitions, actionTensor(noise.alpha[k]!));
        this.#assign("last/policy", tf.stack([policyLoss, alphaLoss]));
      }
      this.#updateTargets();
    });
  }

  /** Regression of both critics on y = r + γ(1 − terminated)(min Q'(s', a') − α log π(a'|s')) (equations 5 and 6). */
  #updateCritics({ observations, actions, rewards, nextObservations, terminated }: Transitions, noise: tf.Tensor) {
    const state = this.#state;
    const next = sampleActions(state, nextObservations, noise, this.#space);
    const nextQ = tf.minimum( // [batch], as all values of a critic
      criticValue(state, "q1_target", nextObservations, next.actions),
      criticValue(state, "q2_target", nextObservations, next.actions),
    );
    const nextValue = tf.sub(nextQ, tf.mul(this.#alpha(), next.logProbabilities));
    const target = tf.add(rewards, tf.mul(tf.mul(tf.sub(1, terminated), this.#options.gamma), nextValue));

    this.#descend(["q1/", "q2/"], this.#options.qLr, this.#updates, () => {
      const q1 = criticValue(state, "q1", observations, actions);
      const q2 = criticValue(state, "q2", observations, actions);
      const q1Loss = tf.mean(tf.square(tf.sub(q1, target))), q2Loss = tf.mean(tf.square(tf.sub(q2, target)));
      this.#assign("last/critics", tf.stack([q1Loss, q2Loss, tf.mean(q1), tf.mean(q2)]));
      return tf.add(q1Loss, q2Loss);
    });
  }

  /** Descends on J(π) = mean(α log π(a|s) − min Q(s, a)), with a reparameterized by the noise (equation 9). */
  #updateActor({ observations }: Transitions, noise: tf.Tensor): tf.Tensor {
    const state = this.#state;
    return this.#descend(["actor/"], this.#options.policyLr, this.#policySteps, () => {
      const { actions, logProbabilities } = sampleActions(state, observations, noise, this.#space);
      const q = tf.minimum(
        criticValue(state, "q1", observations, actions),
        criticValue(state, "q2", observations, actions),
      );
      return tf.mean(tf.sub(tf.mul(this.#alpha(), logProbabilities), q));
    });
  }

  /** Descends on J(α) = −log α · mean(log π(a|s) + target entropy), the target being −(number of actions) (section 5). */
  #updateTemperature({ observations }: Transitions, noise: tf.Tensor): tf.Tensor {
    const { logProbabilities } = sampleActions(this.#state, observations, noise, this.#space);
    const surplus = tf.mean(tf.sub(logProbabilities, this.#options.actionSize));
    return this.#descend(
      ["log_alpha"],
      this.#options.qLr,
      this.#policySteps,
      () => tf.neg(tf.mean(tf.mul(this.#state["log_alpha"]!, surplus))),
    );
  }

  /** θ' ← polyak·θ' + (1 − polyak)·θ for every parameter of the target critics. */
  #updateTargets() {
    const { polyak } = this.#options;
    for (const [name, tensor] of Object.entries(this.#state)) {
      if (!/^q[12]\//.test(name)) continue;
      const target = name.replace("/", "_target/");
      this.#assign(target, tf.add(tf.mul(this.#state[target]!, polyak), tf.mul(tensor, 1 - polyak)));
    }
  }

  /** One Adam step on all parameters whose names begin with one of the prefixes; returns the loss before it. */
  #descend(prefixes: string[], rate: number, step: number, loss: () => tf.Tensor): tf.Tensor {
    const names = Object.keys(this.#state).filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => this.#state[name]!));
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
    adamStep(this.#state, gradients, rate, step, (name, tensor) => this.#assign(name, tensor));
    return value;
  }

  #alpha(): tf.Tensor {
    return tf.exp(this.#state["log_alpha"]!); // [1]
  }

  /** Puts a tensor into the state in the place of the old one. */
  #assign(name: string, tensor: tf.Tensor) {
    this.#state[name]?.dispose();
    this.#state[name] = tf.keep(tensor);
  }

  #drawNoise(withPolicy: boolean): UpdateNoise {
    const random = new RandomStream(this.#options.seed, "policy noise", this.#updates);
    const draw = () => {
      const noise = new Float32Array(this.#options.batchSize * this.#options.actionSize);
      random.fillNormal(noise);
      return noise;
    };
    const noise = { nextAction: draw(), actor: [] as Float32Array[], alpha: [] as Float32Array[] };
    for (let k = 0; withPolicy && k < this.#options.policySteps; k++) {
      noise.actor.push(draw());
      noise.alpha.push(draw());
    }
    return noise;
  }

  async losses(): Promise<Losses> {
    this.#activate();
    const figures = tf.tidy(() =>
      tf.concat([this.#state["last/policy"]!, this.#state["last/critics"]!, this.#alpha()])
    );
    const [policyLoss, alphaLoss, q1Loss, q2Loss, q1Mean, q2Mean, alpha] = await take(figures) as unknown as Seven;
    return { policyLoss, alphaLoss, q1Loss, q2Loss, q1Mean, q2Mean, alpha };
  }

  actorParameters(into: ParameterSet = {}): Promise<ParameterSet> {
    return this.#read(actorParameterShapes(this.#options), into);
  }

  async getState(): Promise<ParameterSet> {
    const shapes = stateShapes(this.#options);
    const state: ParameterSet = Object.fromEntries(
      shapes.map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]),
    );
    state["counts/updates"]!.data.set(splitCount(this.#updates));
    state["counts/policy_steps"]!.data.set(splitCount(this.#policySteps));
    return await this.#read(shapes.filter(([name]) => !name.startsWith("counts/")), state);
  }

  /** Copies tensors out of the device in one trip, however many there are. */
  async #read(shapes: [string, number[]][], into: ParameterSet): Promise<ParameterSet> {
    this.#activate();
    const flat = tf.tidy(() =>
      tf.concat(
        shapes.flatMap(([name]) =>
          name === "last/losses"
            ? [this.#state["last/policy"]!, this.#state["last/critics"]!]
            : [tf.reshape(this.#state[name]!, [-1])]
        ),
      )
    );
    const numbers = await take(flat);
    let start = 0;
    for (const [name, shape] of shapes) {
      const { data } = into[name] ??= { shape, data: new Float32Array(sizeOf(shape)) };
      data.set(numbers.subarray(start, start += data.length));
    }
    return into;
  }

  setState(state: ParameterSet): void {
    const shapes = stateShapes(this.#options);
    checkParameters(state, shapes);
    this.#activate();
    const put = (name: string, data: Float32Array, shape: number[]) => this.#assign(name, tf.tensor(data, shape));
    for (const [name, shape] of shapes) {
      const data = state[name]!.data.slice(); // a copy, because backends may keep the array
      if (name === "counts/updates") this.#updates = joinCount(data);
      else if (name === "counts/policy_steps") this.#policySteps = joinCount(data);
      else if (name === "last/losses") {
        put("last/policy", data.slice(0, 2), [2]);
        put("last/critics", data.slice(2), [4]);
      } else put(name, data, shape);
    }
  }

  /** TensorFlow.js has one current backend; another learner may have changed it. Without a wait, because it runs already. */
  #activate() {
    if (tf.getBackend() !== this.backend) tf.setBackend(this.backend);
  }

  dispose(): void {
    this.#activate();
    tf.dispose([this.#state, this.#space.scale, this.#space.bias]);
  }
}

type Seven = [number, number, number, number, number, number, number];

/** A tensor's numbers; the tensor is freed. */
async function take(tensor: tf.Tensor): Promise<Float32Array> {
  const numbers = await tensor.data<"float32">();
  tensor.dispose();
  return numbers;
}
