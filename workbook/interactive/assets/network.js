// A Keras network, step by step. Maps are { height, width, channels, values }, the values in Keras's order: row, column,
// channel. The steps come from workbook/interactive/network_export.py.
const network = (() => {
    const MAPS = { affine: 1, activation: 1 };

    const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

    function emptyMaps([height, width, channels]) {
        return { height, width, channels, values: new Float32Array(height * width * channels) };
    }

    /* Return the steps with their weights in place. */
    function decode(data) {
        const weights = new Float32Array(bytesOf(data.weights).buffer);
        const part = ([start, length]) => weights.subarray(start, start + length);
        return data.steps.map((step) => {
            const arrays = {};
            for (const name of ["kernel", "bias", "factor", "shift"]) {
                if (step[name]) arrays[name] = part(step[name]);
            }
            return { ...step, ...arrays };
        });
    }

    /* Call visit(place in the window, place in the input) for each pair that lies inside the input's maps. */
    function eachPlace(step, maps, row, column, visit) {
        const top = row * step.strides[0] - step.corner[0];
        const left = column * step.strides[1] - step.corner[1];
        for (let i = 0; i < step.size[0]; i++) {
            const y = top + i * step.dilation[0];
            if (y < 0 || y >= maps.height) continue;
            for (let j = 0; j < step.size[1]; j++) {
                const x = left + j * step.dilation[1];
                if (x >= 0 && x < maps.width) visit(i * step.size[1] + j, y * maps.width + x);
            }
        }
    }

    /* Call visit(row, column, place) for each place of the output's maps. */
    function eachOutput(maps, visit) {
        for (let row = 0; row < maps.height; row++) {
            for (let column = 0; column < maps.width; column++) visit(row, column, row * maps.width + column);
        }
    }

    function convolve(step, maps) {
        const output = emptyMaps(step.shape);
        const filters = output.channels;
        const depth = maps.channels / step.groups; // input maps that one filter reads
        const share = filters / step.groups; // filters that read the same maps
        const sums = new Float64Array(filters);
        eachOutput(output, (row, column, place) => {
            if (step.bias) sums.set(step.bias);
            else sums.fill(0);
            eachPlace(step, maps, row, column, (cell, source) => {
                for (let channel = 0; channel < maps.channels; channel++) {
                    const value = maps.values[source * maps.channels + channel];
                    if (value === 0) continue;
                    const first = Math.floor(channel / depth) * share;
                    const at = (cell * depth + channel % depth) * filters + first;
                    for (let f = 0; f < share; f++) sums[first + f] += value * step.kernel[at + f];
                }
            });
            output.values.set(sums, place * filters);
        });
        return output;
    }

    function pool(step, maps) {
        const output = emptyMaps(step.shape);
        const results = new Float64Array(maps.channels);
        const isMax = step.reduce === "max";
        eachOutput(output, (row, column, place) => {
            let count = 0;
            results.fill(isMax ? -Infinity : 0);
            eachPlace(step, maps, row, column, (cell, source) => {
                count++;
                for (let channel = 0; channel < maps.channels; channel++) {
                    const value = maps.values[source * maps.channels + channel];
                    if (!isMax) results[channel] += value;
                    else if (value > results[channel]) results[channel] = value;
                }
            });
            const factor = isMax ? 1 : 1 / Math.max(count, 1);
            for (let channel = 0; channel < maps.channels; channel++) {
                output.values[place * maps.channels + channel] = results[channel] * factor;
            }
        });
        return output;
    }

    function affine(step, maps) {
        const output = emptyMaps(step.shape);
        for (let i = 0; i < output.values.length; i++) {
            const channel = i % maps.channels;
            output.values[i] = maps.values[i] * step.factor[channel] + step.shift[channel];
        }
        return output;
    }

    const limited = (x, step) => Math.min(x, step.largest ?? Infinity);
    const FUNCTIONS = {
        relu: (x, step) => x >= (step.threshold ?? 0) ? limited(x, step) : (step.slope ?? 0) * (x - (step.threshold ?? 0)),
        relu6: (x) => Math.min(Math.max(x, 0), 6),
        leaky_relu: (x, step) => x >= 0 ? x : step.slope * x,
        elu: (x, step) => x >= 0 ? x : step.alpha * Math.expm1(x),
        sigmoid: (x) => 1 / (1 + Math.exp(-x)),
        silu: (x) => x / (1 + Math.exp(-x)),
        tanh: Math.tanh,
    };

    function softmax(maps) {
        const output = emptyMaps([maps.height, maps.width, maps.channels]);
        for (let start = 0; start < maps.values.length; start += maps.channels) {
            const scores = maps.values.subarray(start, start + maps.channels);
            const largest = Math.max(...scores);
            const powers = Float64Array.from(scores, (score) => Math.exp(score - largest));
            const sum = powers.reduce((total, power) => total + power, 0);
            output.values.set(powers.map((power) => power / sum), start);
        }
        return output;
    }

    function activate(step, maps) {
        if (step.function === "softmax") return softmax(maps);
        const apply = FUNCTIONS[step.function];
        return { ...maps, values: maps.values.map((x) => apply(x, step)) };
    }

    function add(step, inputs) {
        const output = emptyMaps(step.shape);
        for (let i = 0; i < output.values.length; i++) {
            output.values[i] = inputs.reduce((sum, maps) => sum + maps.values[i], 0);
        }
        return output;
    }

    function concatenate(step, inputs) {
        const output = emptyMaps(step.shape);
        let first = 0;
        for (const maps of inputs) {
            for (let place = 0; place < maps.height * maps.width; place++) {
                const values = maps.values.subarray(place * maps.channels, (place + 1) * maps.channels);
                output.values.set(values, place * output.channels + first);
            }
            first += maps.channels;
        }
        return output;
    }

    function reshape(step, maps) {
        const [height, width, channels] = step.shape;
        return { height, width, channels, values: maps.values };
    }

    const KINDS = {
        conv: (step, inputs) => convolve(step, inputs[0]),
        pool: (step, inputs) => pool(step, inputs[0]),
        affine: (step, inputs) => affine(step, inputs[0]),
        activation: (step, inputs) => activate(step, inputs[0]),
        reshape: (step, inputs) => reshape(step, inputs[0]),
        add,
        concat: concatenate,
    };

    /* Return the maps of every step for one image, given as its values. */
    function compute(steps, image) {
        const outputs = [{ ...emptyMaps(steps[0].shape), values: Float32Array.from(image) }];
        for (const step of steps.slice(1)) {
            outputs.push(KINDS[step.kind](step, step.inputs.map((number) => outputs[number])));
        }
        return outputs;
    }

    /* Return what a filter does at one place: for each input map that it reads, the values in the window (null outside
       the map), the kernel, and the sum of their products. */
    function terms(step, maps, row, column, filter) {
        const cells = step.size[0] * step.size[1];
        const depth = maps.channels / step.groups;
        const first = Math.floor(filter / (step.shape[2] / step.groups)) * depth;
        return Array.from({ length: depth }, (_, k) => {
            const window = Array.from({ length: cells }, () => null);
            const kernel = window.map((_value, i) => step.kernel[(i * depth + k) * step.shape[2] + filter]);
            eachPlace(step, maps, row, column, (cell, source) => {
                window[cell] = maps.values[source * maps.channels + first + k];
            });
            const sum = window.reduce((total, value, i) => total + (value ?? 0) * kernel[i], 0);
            return { channel: first + k, window, kernel, sum };
        });
    }

    /* Return the blocks that the page shows: an operation, and the later steps that change each map separately. */
    function blocksOf(steps) {
        const readers = steps.map((_, number) => steps.filter((step) => step.inputs.includes(number)).length);
        const blocks = [];
        steps.forEach((step, number) => {
            const last = blocks.at(-1);
            const follows = MAPS[step.kind] && last && last.at(-1) === step.inputs[0] && readers[step.inputs[0]] === 1;
            if (follows) last.push(number);
            else blocks.push([number]);
        });
        return blocks;
    }

    return { bytesOf, decode, compute, terms, blocksOf };
})();

if (typeof module !== "undefined") module.exports = network;
