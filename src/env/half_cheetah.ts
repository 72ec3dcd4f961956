/** HalfCheetah-v4: a planar runner that shall move forward fast. */

import type { RandomStream } from "../random.ts";
import type { StepResult } from "./env.ts";
import { loadPhysics, MujocoEnv } from "./mujoco_env.ts";

const CONTROL_COST = 0.1;

/**
 * Gymnasium's `HalfCheetahEnv`, version 4.
 *
 * | observation | joint | what | unit |
 * |---|---|---|---|
 * | 0 | rootz | height of the torso above its initial 0.7 m | m |
 * | 1 | rooty | pitch of the torso | rad |
 * | 2, 3, 4 | bthigh, bshin, bfoot | angles of the back leg | rad |
 * | 5, 6, 7 | fthigh, fshin, ffoot | angles of the front leg | rad |
 * | 8 | rootx | forward velocity | m/s |
 * | 9 | rootz | upward velocity | m/s |
 * | 10 | rooty | pitch rate | rad/s |
 * | 11, 12, 13 | bthigh, bshin, bfoot | angular velocities of the back leg | rad/s |
 * | 14, 15, 16 | fthigh, fshin, ffoot | angular velocities of the front leg | rad/s |
 *
 * Action, each in ±1: torque at bthigh, bshin, bfoot, fthigh, fshin, ffoot as a share of 120, 90, 60, 120, 60, 30 N m.
 *
 * | reward term | value |
 * |---|---|
 * | forward | Δx/dt, `dt` = 0.05 s |
 * | control | −0.1 Σ action² |
 *
 * Never terminates. Starts at the drawn pose + U(±0.1), with velocities N(0, 0.1²).
 */
export class HalfCheetah extends MujocoEnv {
  static async make(maxEpisodeSteps: number): Promise<HalfCheetah> {
    return new HalfCheetah(await loadPhysics("half_cheetah.xml"), {
      id: "HalfCheetah-v4",
      frameSkip: 5,
      maxEpisodeSteps,
      observationSize: 17,
      rewardTerms: ["forward", "control"],
    });
  }

  protected override resetModel(random: RandomStream): void {
    const qpos = this.initialQpos.map((position) => position + random.uniform(-0.1, 0.1));
    const qvel = this.initialQvel.map((velocity) => velocity + 0.1 * random.normal());
    this.setPositions(qpos, qvel);
  }

  protected override writeObservation(observation: Float64Array): void {
    const { qpos, qvel } = this;
    let k = 0;
    for (let i = 1; i < qpos.length; i++) observation[k++] = qpos[i]!;
    for (let i = 0; i < qvel.length; i++) observation[k++] = qvel[i]!;
  }

  protected override writeReward(result: StepResult, xBefore: number, action: ArrayLike<number>): void {
    let squares = 0;
    for (let i = 0; i < action.length; i++) squares += action[i]! * action[i]!;
    const forward = (this.qpos[0]! - xBefore) / this.dt;
    const control = -CONTROL_COST * squares;
    result.rewardTerms.forward = forward;
    result.rewardTerms.control = control;
    result.reward = forward + control;
  }

  protected override isTerminated(): boolean {
    return false;
  }
}
