// One SAC update as a sequence of phases. Every thread runs `runUpdate`; what a phase's unit computes depends on the unit alone,
// so the number of threads changes no bit.
//
// Orders from the main thread, at `orders`: i32 with policy, i32 draw noise, u32 update (the index of the noise stream), u32 key 0,
// u32 key 1; at 32 the critics' Adam; from 64 on for each policy step the actor's Adam and (16 bytes on) the temperature's.

import { Adam, transposePanel } from "./dense";
import {
  actionPanels, actor, actorBytes, actorHeads, actorHeadsTransposed, actorHidden2, actorHidden2Transposed, constants, critic,
  criticActionTransposed, criticBytes, criticHidden2, criticHidden2Transposed, criticInputs, headPanels, hiddenColumns,
  hiddenPanels, orders, policySteps, temperature,
} from "./layout";
import { exp } from "./numbers";
import { beginPhases, inParallel } from "./schedule";
import { inputUnits, prepareInputs } from "./inputs";
import { criticUpdate } from "./critics";
import { actorForward, policyUpdate, setStep } from "./policy_step";
import { temperatureUpdate } from "./temperature_step";

/** What every thread runs for one update. */
export function runUpdate(): void {
  beginPhases();
  inParallel(inputUnits(), prepareInputs);
  criticUpdate();
  if (!load<i32>(orders)) return;
  actorForward();
  for (let k = 0; k < policySteps; k++) {
    setStep(k);
    policyUpdate();
    temperatureUpdate();
  }
}

/** For timing, after an update: a part of it again; 0 critics, 1 policy, 2 temperature. */
export function runPart(part: i32): void {
  beginPhases();
  setStep(0);
  if (part == 0) criticUpdate();
  else if (part == 1) policyUpdate();
  else temperatureUpdate();
}

/** Main thread, once and after every change of the parameters from outside: constants of the optimizers, transposed kernels, α. */
export function refresh(): void {
  for (let k = -1; k < policySteps; k++) {
    const adam = changetype<Adam>(k < 0 ? orders + 32 : orders + 64 + (<usize>k << 5));
    adam.distance = k < 0 ? criticBytes : actorBytes;
    adam.polyak = k < 0 ? <f32>load<f64>(constants, 8) : -1;
  }
  for (let which = 0; which < 2; which++) {
    for (let panel = 0; panel < hiddenPanels; panel++) {
      transposePanel(critic(which), criticInputs, panel, actionPanels << 4, criticActionTransposed(which), hiddenColumns);
      transposePanel(critic(which) + criticHidden2, hiddenColumns, panel, hiddenColumns, criticHidden2Transposed(which), hiddenColumns);
    }
  }
  for (let panel = 0; panel < hiddenPanels; panel++) {
    transposePanel(actor + actorHidden2, hiddenColumns, panel, hiddenColumns, actorHidden2Transposed, hiddenColumns);
  }
  for (let panel = 0; panel < headPanels; panel++) {
    transposePanel(actor + actorHeads, hiddenColumns, panel, hiddenColumns, actorHeadsTransposed, headPanels << 4);
  }
  store<f32>(temperature, <f32>exp(<f64>load<f32>(temperature)), 12);
}
