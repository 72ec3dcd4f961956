/** Hopper-v4: a planar one-legged robot that shall hop forward without falling. */

import type { RandomStream } from "../random.ts";
import type { StepResult } from "./env.ts";
import { loadPhysics, MujocoEnv } from "./mujoco_env.ts";

const CONTROL_COST = 0.001;
const VELOCITY_BOUND = 10; // of what is observed
const STATE_BOUND = 100;
const MINIMUM_HEIGHT = 0.7;
const ANGLE_BOUND = 0.2;

/**
 * Gymnasium's `HopperEnv`, version 4.
 *
 * | observation | joint | what | unit |
 * |---|---|---|---|
 * | 0 | rootz | height of the torso | m |
 * | 1 | rooty | pitch of the torso | rad |
 * | 2, 3, 4 | thigh_joint, leg_joint, foot_joint | angles of the leg | rad |
 * | 5 | rootx | forward velocity | m/s |
 * | 6 | rootz | upward velocity | m/s |
 * | 7 | rooty | pitch rate | rad/s |
 * | 8, 9, 10 | thigh_joint, leg_joint, foot_joint | angular velocities of the leg | rad/s |
 *
 * Velocities are clipped to ±10. Action, each in ±1: torque at thigh_joint, leg_joint, foot_joint as a share of 200 N m.
 *
 * | reward term | value |
 * |---|---|
 * | forward | Δx/dt, `dt` = 0.008 s |
 * | healthy | 1 at every step, the falling one too |
 * | control | −0.001 Σ action² |
 *
 * Terminates unless the height is above 0.7 m, the pitch within ±0.2 rad and every other position and velocity within ±100.
 * Starts upright, positions and velocities + U(±0.005).
 */
export class Hopper extends MujocoEnv {
  static async make(maxEpisodeSteps: number): Promise<Hopper> {
    return new Hopper(await loadPhysics("hopper.xml"), {
      id: "Hopper-v4",
      frameSkip: 4,
      maxEpisodeSteps,
      observationSize: 11,
      rewardTerms: ["forward", "healthy", "control"],
    });
  }

  protected override resetModel(random: RandomStream): void {
    const qpos = this.initialQpos.map((position) => position + random.uniform(-0.005, 0.005));
    const qvel = this.initialQvel.map((velocity) => velocity + random.uniform(-0.005, 0.005));
    this.setPositions(qpos, qvel);
  }

  protected override writeObservation(observation: Float64Array): void {
    const { qpos, qvel } = this;
    let k = 0;
    for (let i = 1; i < qpos.length; i++) observation[k++] = qpos[i]!;
    for (let i = 0; i < qvel.length; i++) {
      observation[k++] = Math.min(Math.max(qvel[i]!, -VELOCITY_BOUND), VELOCITY_BOUND);
    }
  }

  protected override writeReward(result: StepResult, xBefore: number, action: ArrayLike<number>): void {
    let squares = 0;
    for (let i = 0; i < action.length; i++) squares += action[i]! * action[i]!;
    const forward = (this.qpos[0]! - xBefore) / this.dt;
    const control = -CONTROL_COST * squares;
    result.rewardTerms.forward = forward;
    result.rewardTerms.healthy = 1;
    result.rewardTerms.control = control;
    result.reward = forward + 1 + control;
  }

  protected override isTerminated(): boolean {
    const { qpos, qvel } = this;
    // Written so that NaN counts as a fall.
    let healthy = qpos[1]! > MINIMUM_HEIGHT && Math.abs(qpos[2]!) < ANGLE_BOUND;
    for (let i = 2; i < qpos.length; i++) healthy &&= Math.abs(qpos[i]!) < STATE_BOUND;
    for (let i = 0; i < qvel.length; i++) healthy &&= Math.abs(qvel[i]!) < STATE_BOUND;
    return !healthy;
  }
}
