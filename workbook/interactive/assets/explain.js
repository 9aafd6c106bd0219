// A learner's own network: draw a digit or choose an image, see every map of every layer, and what one value is made of.
const explain = (() => {
    /* Return the class names with their scores, the largest marked. */
    function rowsOf(scores, classes, areShares, format) {
        const best = scores.indexOf(Math.max(...scores));
        return Array.from(scores, (score, i) => ({
            label: classes[i],
            value: Math.max(0, score),
            text: areShares ? `${format(100 * score, 1)} %` : format(score, 2),
            best: i === best,
        }));
    }

    /* Return the place that a larger or smaller map has at the same spot. */
    const scaled = (place, from, to) => Math.min(to - 1, Math.floor((place + 0.5) * to / from));

    /* Return the place of the largest value of some maps. */
    function strongest({ width, channels, values }) {
        const at = values.reduce((best, value, i) => value > values[best] ? i : best, 0);
        return { row: Math.floor(at / channels / width), column: Math.floor(at / channels) % width, channel: at % channels };
    }

    /* Return the kernels of a step as maps, one per filter, each on its own scale from -1 to 1; null where a filter reads
       several maps, or a single number. */
    function kernelsOf({ kernel, size, shape }) {
        const isFlat = kernel && kernel.length === size[0] * size[1] * shape[2] && kernel.length > shape[2];
        if (!isFlat) return null;
        const largest = new Float32Array(shape[2]);
        kernel.forEach((weight, i) => { largest[i % shape[2]] = Math.max(largest[i % shape[2]], Math.abs(weight)); });
        const values = kernel.map((weight, i) => weight / (largest[i % shape[2]] || 1));
        return { height: size[0], width: size[1], channels: shape[2], values };
    }

    const nameOf = ({ layer, part }) => part ? `${layer} (${part})` : layer;
    const pure = { rowsOf, scaled, strongest, kernelsOf, nameOf };
    if (typeof document === "undefined") return pure;

    const { images, unit, classes, shape } = draw.data;
    const steps = network.decode(draw.data.network);
    const blocks = network.blocksOf(steps);
    const pixels = network.bytesOf(images.base64);
    const [height, width, channels] = shape;
    const size = height * width * channels;
    const areShares = ["softmax", "sigmoid"].includes(steps.at(-1).function);
    const state = { image: 0, block: Math.min(1, blocks.length - 1), channel: 0, row: 0, column: 0, input: 0, byHand: false };
    let outputs = [];
    let winner = -1;
    let showsKernels = false;

    const imageAt = (index) => Float32Array.from(pixels.subarray(index * size, (index + 1) * size), (byte) => byte * unit);

    /* Return the steps of the chosen block, its operation and its maps. */
    function current() {
        const block = blocks[state.block];
        return { block, step: steps[block[0]], maps: outputs[block.at(-1)] };
    }

    /* Look at the input map that adds most, unless the reader has chosen one. */
    function chooseInput() {
        const { step } = current();
        if (step.kind === "pool") state.input = state.channel;
        if (step.kind !== "conv" || state.byHand) return;
        const terms = network.terms(step, outputs[step.inputs[0]], state.row, state.column, state.channel);
        state.input = terms[detail.strongest(terms)].channel;
    }

    function showDetail() {
        const { block } = current();
        chooseInput();
        panel.show(steps, outputs, block, state);
    }

    function showScores() {
        const scores = Array.from(outputs.at(-1).values);
        draw.bars(draw.element("scores"), rowsOf(scores, classes, areShares, draw.format), { most: areShares ? 1 : undefined });
        const best = scores.indexOf(Math.max(...scores));
        if (best !== winner) draw.say(`largest score: ${classes[best]}`);
        winner = best;
    }

    /* Compute everything for an image, and show it. */
    function see(image) {
        outputs = network.compute(steps, image);
        draw.image(draw.element("seen"), { height, width, channels, values: image }, { low: 0, high: 255 * unit });
        showMaps();
        showScores();
        showDetail();
    }

    function showMaps() {
        sheets.forEach((maps, i) => {
            const kernels = showsKernels && kernelsOf(steps[blocks[i][0]]);
            maps.show(kernels || outputs[blocks[i].at(-1)]);
        });
    }

    function chooseImage(index) {
        state.image = index;
        chooser.choose(index);
        if (board) {
            const picture = document.createElement("canvas");
            draw.image(picture, { height, width, values: pixels.subarray(index * size, (index + 1) * size) });
            board.put(picture);
        }
        see(imageAt(index));
    }

    /* Show another map, at the place that was clicked, or at the same spot of the image. */
    function chooseMap(index, channel, place) {
        const before = current().maps;
        sheets[state.block].choose(-1);
        Object.assign(state, { block: index, channel, byHand: false });
        const after = current().maps;
        const isPlace = place && !showsKernels;
        state.row = isPlace ? place.row : scaled(state.row, before.height, after.height);
        state.column = isPlace ? place.column : scaled(state.column, before.width, after.width);
        sheets[index].choose(channel);
        showDetail();
    }

    function seeDrawing() {
        const field = digit.toDigit(board.ink(), pad.SIZE, pad.SIZE) ?? new Uint8Array(size);
        if (state.image >= 0) chooser.choose(-1);
        state.image = -1;
        see(Float32Array.from(field, (byte) => byte * unit));
    }

    /* Make the pad to draw on, with its button. */
    function makeBoard(parent) {
        const canvas = draw.add(parent, "canvas", { className: "pad" });
        canvas.setAttribute("aria-label", "Drawing pad: the arrow keys move the pen, the space bar sets it down or lifts it, Delete clears");
        const made = pad.attach(canvas, { drawn: seeDrawing, cleared: seeDrawing, said: draw.say });
        draw.button(parent, "clear", made.clear);
        return made;
    }

    const board = draw.data.pad ? makeBoard(draw.element("pad")) : null;
    const chooser = sheet.make(draw.element("images"), { label: "Image", name: (i) => `image ${i + 1}`, depth: channels, zoom: height <= 32 ? 1.25 : 0 }, chooseImage);
    const sheets = blocks.map((block, index) => {
        const section = draw.add(draw.element("layers"), "section");
        const names = block.map((number) => nameOf(steps[number]));
        const [h, w, c] = steps[block.at(-1)].shape;
        const heading = draw.add(section, "h3", {}, names.filter((name, i) => name !== names[i - 1]).join(" → "));
        draw.add(heading, "span", { className: "muted" }, h * w > 1 ? ` ${h}×${w}×${c}` : ` ${c}`);
        return sheet.make(section, { label: `Maps of ${names.at(-1)}`, name: (i) => index === blocks.length - 1 ? `score of ${classes[i]}` : `map ${i + 1} of ${c}`, chosen: -1 }, (channel, place) => chooseMap(index, channel, place));
    });
    draw.toggle(draw.element("kernels"), { label: "Kernels instead of maps, where a filter reads one map; each on its own scale" }, (isOn) => {
        showsKernels = isOn;
        showMaps();
    });
    draw.element("kernels").hidden = !blocks.some((block) => kernelsOf(steps[block[0]]));
    draw.element("scores").style.setProperty("--names", `${0.7 + 0.6 * Math.max(...classes.map((name) => name.length))}em`);
    const panel = detail.make(draw.element("detail"), (row, column) => {
        Object.assign(state, { row, column });
        showDetail();
    }, (index) => {
        const { step } = current();
        const depth = outputs[step.inputs[0]].channels / step.groups;
        state.input = Math.floor(state.channel / (step.shape[2] / step.groups)) * depth + index;
        state.byHand = true;
        showDetail();
    });

    /* Place the maps again when the page has another width. */
    let seenWidth = 0;
    new ResizeObserver(() => {
        const room = draw.element("layers").clientWidth;
        if (room === seenWidth || !outputs.length) return;
        seenWidth = room;
        for (const one of [chooser, ...sheets]) one.paint();
    }).observe(draw.element("layers"));

    function stackOf(values) {
        const count = values.length / size;
        const stack = { height, width, channels: count * channels, values: new Float32Array(values.length) };
        for (let i = 0; i < values.length; i++) {
            const place = Math.floor(i % size / channels);
            stack.values[place * stack.channels + Math.floor(i / size) * channels + i % channels] = values[i];
        }
        return stack;
    }

    chooser.show(stackOf(pixels), { scale: "grey", low: 0, high: 255 });
    outputs = network.compute(steps, imageAt(0));
    Object.assign(state, strongest(current().maps));
    chooseMap(state.block, state.channel, state);
    chooseImage(0);
    return pure;
})();

if (typeof module !== "undefined") module.exports = explain;
