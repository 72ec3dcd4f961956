import assert from "node:assert/strict";
import { makeMujocoEnv } from "../src/env/make_env.ts";
import type { MujocoEnv } from "../src/env/mujoco_env.ts";
import { Camera, views } from "../src/render/camera.ts";
import { Painter } from "../src/render/painter.ts";
import { castRays } from "../src/render/ray_caster.ts";
import { readScene, toByte } from "../src/render/scene.ts";
import { domeDirections, LightOnGround, sunDirections } from "../src/render/shadow.ts";

const size = 64;

async function withEnv(id: string, test: (env: MujocoEnv) => void): Promise<void> {
  const env = await makeMujocoEnv(id);
  try {
    env.setPositions(drawn(env), new Float64Array(env.physics.model.nv));
    test(env);
  } finally {
    env.dispose();
  }
}

/** Joint positions of the model as it is drawn. */
const drawn = ({ physics: { model } }: MujocoEnv) => Float64Array.from(model.qpos0 as Float64Array);

const geomId = ({ physics: { mujoco, model } }: MujocoEnv, name: string) =>
  mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_GEOM.value, name);

Deno.test("rays hit the geoms where they stand, at their distance and with their normals", () =>
  withEnv("Hopper-v4", (env) => {
    // Along y at x = 0: the torso's axis from z = 1.05 to 1.45 with radius 0.05, the foot's at z = 0.1 with radius 0.06.
    const directions = new Float64Array([0, 1, 0.08, 0, 1, -0.3, 0, 0, -1, 0, 1, 1]);
    const { geoms, distances, normals } = castRays(env.physics, [0, -3, 1], directions);
    assert.deepEqual([...geoms], [geomId(env, "torso_geom"), geomId(env, "foot_geom"), geomId(env, "floor"), -1]);
    assert.ok(Math.abs(distances[0]! - 2.95) < 1e-9, "3 m less the radius");
    assert.ok(Math.abs(distances[2]! - 1) < 1e-9, "straight down to the floor");
    assert.equal(distances[3], -1);
    assert.deepEqual([...normals.slice(0, 3)].map((n) => Math.round(n * 1e9) / 1e9 + 0), [0, -1, 0]);
    assert.deepEqual([...normals.slice(6, 9)], [0, 0, 1]);
  }));

Deno.test("rays that may hit only what moves pass the floor and the rail", async () => {
  await withEnv("Hopper-v4", (env) => {
    assert.equal(castRays(env.physics, [1, 0, 1], new Float64Array([0, 0, -1]), "moving").geoms[0], -1);
  });
  await withEnv("InvertedPendulum-v4", (env) => {
    const down = new Float64Array([0, 0, -1]);
    assert.equal(castRays(env.physics, [0.9, 0, 1], down, "moving").geoms[0], -1);
    assert.equal(castRays(env.physics, [0.9, 0, 1], down).geoms[0], geomId(env, "rail"));
  });
});

Deno.test("a ray through a pixel's centre goes where the camera's opening angle says", () => {
  const camera = new Camera({ distance: 3, height: 1, slope: 0, follows: true }, size), ray = new Float64Array(3);
  camera.writeRay(size / 2, size / 2, ray, 0);
  assert.deepEqual([...ray], [0, 1, 0]);
  camera.writeRay(0, size, ray, 0);
  const tangent = Math.tan(Math.PI / 8);
  ray.forEach((value, i) => assert.ok(Math.abs(value - [tangent, 1, tangent][i]!) < 1e-12));
  assert.deepEqual(camera.position(7), [7, -3, 1]);
  const slanted = new Camera(views["InvertedPendulum-v4"]!, size);
  slanted.writeRay(size / 2, size / 2, ray, 0);
  assert.ok(Math.abs(ray[2]! / ray[1]! + views["InvertedPendulum-v4"]!.slope) < 1e-12);
});

const pixel = (
  picture: Uint8Array,
  row: number,
  column: number,
) => [...picture.slice(3 * (row * size + column), 3 * (row * size + column) + 3)];

/** Columns of a row in which orange prevails, the torso's or the pole's colour. */
const orange = (picture: Uint8Array, row: number) =>
  Array.from({ length: size }, (_, column) => column).filter((column) => {
    const [red, , blue] = pixel(picture, row, column) as [number, number, number];
    return red > 1.5 * blue;
  });

Deno.test("the picture shows the model in its colours between sky and ground", () =>
  withEnv("Hopper-v4", (env) => {
    const picture = new Painter(env.physics, views["Hopper-v4"]!, size).paint(env.physics.data.qpos);
    // The torso's middle is 0.25 m above the camera, 3 m away: 0.25 / 3 / (2 tan 22.5°) of the picture above its middle.
    const row = Math.floor(size / 2 - 0.25 / 3 / (2 * (Math.SQRT2 - 1)) * size);
    const columns = orange(picture, row);
    assert.ok(columns.includes(size / 2 - 1), `orange in row ${row} at ${columns}`);
    assert.ok(columns.length <= 4, "0.1 m of 2.5 m");
    const { top, horizon } = readScene(env.physics).sky;
    const sky = pixel(picture, 0, 0);
    sky.forEach((byte, c) => {
      assert.ok(byte >= toByte(Math.min(top[c]!, horizon[c]!)) && byte <= toByte(Math.max(top[c]!, horizon[c]!)));
    });
  }));

Deno.test("the camera follows along x: two squares on, the picture is the same, half a square on, only the ground differs", () =>
  withEnv("Hopper-v4", (env) => {
    const painter = new Painter(env.physics, views["Hopper-v4"]!, size);
    const { square } = readScene(env.physics).ground;
    const at = (x: number) => painter.paint(drawn(env).map((q, i) => i === 0 ? q + x : q));
    const start = at(0), row = 24;
    // The shadows' grid does not lie on the same points of the model: some bytes differ by little.
    const differing = (a: Uint8Array, b: Uint8Array) => a.filter((byte, i) => Math.abs(byte - b[i]!) > 24).length;
    assert.ok(differing(start, at(200 * square)) < start.length / 100);
    const moved = at(square / 2);
    assert.ok(differing(start, moved) > start.length / 50);
    assert.deepEqual(orange(moved, row), orange(start, row));
    assert.deepEqual(moved.slice(0, 3 * size * 8), start.slice(0, 3 * size * 8), "the sky stays");
  }));

Deno.test("a camera that does not follow sees the cart move", () =>
  withEnv("InvertedPendulum-v4", (env) => {
    const painter = new Painter(env.physics, views["InvertedPendulum-v4"]!, size), row = 26;
    const middle = orange(painter.paint([0, 0]), row), right = orange(painter.paint([0.5, 0]), row);
    assert.ok(middle.length > 0 && right.length > 0);
    assert.ok(right[0]! > middle.at(-1)!);
  }));

Deno.test("under the foot the ground is dark, far from the model it is light", () =>
  withEnv("Hopper-v4", (env) => {
    const { sun, ground } = readScene(env.physics);
    for (const [directions, most] of [[sunDirections(sun), 0.1], [domeDirections(), 0.6]] as const) {
      const light = new LightOnGround(env.physics, ground.height, directions, 0.03);
      light.update(0);
      assert.ok(light.at(0, 0) < most, `${light.at(0, 0)} under the foot`);
      assert.equal(light.at(1.4, -1.1), 1);
      assert.equal(light.at(50, 0), 1);
    }
  }));

Deno.test("painting leaves a rollout's warm start alone: the same bytes of state with and without", () =>
  withEnv("Hopper-v4", (env) => {
    const run = (paint: boolean) => {
      env.setPositions(drawn(env), new Float64Array(6));
      const painter = new Painter(env.physics, views["Hopper-v4"]!, 8);
      for (let step = 0; step < 40; step++) {
        env.step([Math.sin(step), 0.5, -0.5]);
        if (paint) painter.paint((env.physics.data.qpos as Float64Array).slice());
      }
      return env.getState();
    };
    assert.deepEqual(run(true), run(false));
  }));
