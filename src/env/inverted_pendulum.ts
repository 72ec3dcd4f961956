/** InvertedPendulum-v4: a pole on a cart that shall stay upright. */

import type { RandomStream } from "../random.ts";
import type { StepResult } from "./env.ts";
import { loadPhysics, MujocoEnv } from "./mujoco_env.ts";

const ANGLE_BOUND = 0.2;

/**
 * Gymnasium's `InvertedPendulumEnv`, version 4.
 *
 * | observation | joint | what | unit |
 * |---|---|---|---|
 * | 0 | slider | position of the cart along the rail | m |
 * | 1 | hinge | angle of the pole from upright | rad |
 * | 2 | slider | velocity of the cart | m/s |
 * | 3 | hinge | angular velocity of the pole | rad/s |
 *
 * Action, in ±3: force on the cart in units of 100 N.
 *
 * | reward term | value |
 * |---|---|
 * | healthy | 1 at every step, the falling one too; `dt` = 0.04 s |
 *
 * Terminates when the angle leaves ±0.2 rad or anything observed is not finite. Starts upright at rest, all + U(±0.01).
 */
export class InvertedPendulum extends MujocoEnv {
  static async make(maxEpisodeSteps: number): Promise<InvertedPendulum> {
    return new InvertedPendulum(await loadPhysics("inverted_pendulum.xml"), {
      id: "InvertedPendulum-v4",
      frameSkip: 2,
      maxEpisodeSteps,
      observationSize: 4,
      rewardTerms: ["healthy"],
    });
  }

  protected override resetModel(random: RandomStream): void {
    const qpos = this.initialQpos.map((position) => position + random.uniform(-0.01, 0.01));
    const qvel = this.initialQvel.map((velocity) => velocity + random.uniform(-0.01, 0.01));
    this.setPositions(qpos, qvel);
  }

  protected override writeObservation(observation: Float64Array): void {
    const { qpos, qvel } = this;
    observation[0] = qpos[0]!;
    observation[1] = qpos[1]!;
    observation[2] = qvel[0]!;
    observation[3] = qvel[1]!;
  }

  protected override writeReward(result: StepResult): void {
    result.rewardTerms.healthy = 1;
    result.reward = 1;
  }

  protected override isTerminated(): boolean {
    const { qpos, qvel } = this;
    const finite = Number.isFinite(qpos[0]) && Number.isFinite(qvel[0]) && Number.isFinite(qvel[1]);
    return !(finite && Math.abs(qpos[1]!) <= ANGLE_BOUND);
  }
}
