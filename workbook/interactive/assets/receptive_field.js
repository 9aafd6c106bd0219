"use strict";

// Pure functions. A layer is {kind, kernel_size, strides, dilation}; a list of them begins at the image.

/** Return the pixels that a kernel covers, gaps included. */
function covered(layer) {
    return layer.dilation * (layer.kernel_size - 1) + 1;
}

/** Return for each layer: the step before it, what it adds, its field, its step and the size of its map. */
function fields(layers, size) {
    let field = 1;
    let step = 1;
    let map = size;
    return layers.map((layer) => {
        const added = (covered(layer) - 1) * step;
        const before = step;
        field += added;
        step *= layer.strides;
        map = map < covered(layer) ? 0 : Math.floor((map - covered(layer)) / layer.strides) + 1;
        return { covered: covered(layer), before, added, field, step, map };
    });
}

/** Return, for each pixel of the field along one axis, the number of paths from it to the neuron. */
function paths(layers) {
    let counts = [1];
    for (const layer of layers.toReversed()) {
        const length = (counts.length - 1) * layer.strides + covered(layer);
        const below = Array.from({ length }, () => 0);
        counts.forEach((count, place) => {
            for (let tap = 0; tap < layer.kernel_size; tap++) {
                below[place * layer.strides + tap * layer.dilation] += count;
            }
        });
        counts = below;
    }
    return counts;
}

/** Return the first pixel of the field of the neuron that is `moved` neurons from the middle of `size` pixels. */
function fieldStart(row, size, moved) {
    const middle = Math.round((size - row.field) / 2 / row.step);
    return (middle + moved) * row.step;
}

/** Return in words why a layer has no map without padding, or an empty text. */
function explainFit(layers, size) {
    const rows = fields(layers, size);
    const index = rows.findIndex((row) => row.map === 0);
    if (index < 0) return "";
    const map = index ? rows[index - 1].map : size;
    return `Layer ${index + 1} does not fit without padding: its kernel covers ${rows[index].covered} places, ` +
        `and the map below is ${map} wide. With padding="same" the network goes on, ` +
        "and the field reaches into the padding.";
}

if (typeof module !== "undefined") module.exports = { covered, fields, paths, fieldStart, explainFit };

// The page.

const SHOWN = 288; // the width of both pictures on the page, in pixels
const MOST = 24; // layers
const LARGEST = 1024; // pixels: in a larger field, paths are not counted

/** Darken a picture of `size` × `size` pixels around a square, and frame the square. */
function markField(context, scale, { top, left, field, height, width }) {
    context.fillStyle = "rgb(0 0 0 / 40%)";
    context.beginPath();
    context.rect(0, 0, width * scale, height * scale);
    context.rect(left * scale, top * scale, field * scale, field * scale);
    context.fill("evenodd");
    for (const [colour, line] of Object.entries({ "#fff": 5, "#d55e00": 3 })) {
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.strokeRect(left * scale, top * scale, field * scale, field * scale);
    }
}

/** Return a canvas, one pixel per pixel of a field: black, and opaque where few paths or none lead to the neuron. */
function shadows(counts, byPaths) {
    const most = Math.max(...counts);
    const canvas = Object.assign(document.createElement("canvas"), { width: counts.length, height: counts.length });
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(counts.length, counts.length);
    counts.forEach((down, row) => counts.forEach((right, column) => {
        const share = (down / most) * (right / most);
        const opaque = share === 0 ? 1 : byPaths * (1 - share);
        pixels.data[4 * (row * counts.length + column) + 3] = 255 * opaque;
    }));
    context.putImageData(pixels, 0, 0);
    return canvas;
}

async function receptivePage() {
    const { stacks, image } = draw.data;
    const root = draw.element("receptive-field");
    const photo = await draw.photograph(image);
    const source = document.createElement("canvas");
    draw.image(source, photo);
    const copy = (name) => stacks[name].map((layer) => ({ ...layer }));
    let layers = copy(Object.keys(stacks)[0]);
    const moved = { row: 0, column: 0 }; // neurons away from the middle

    const controls = draw.add(root, "div", { className: "controls" });
    draw.choice(controls, { label: "begin with", options: Object.keys(stacks) }, (name) => {
        layers = copy(name);
        rebuild();
    });
    const append = (layer) => {
        if (layers.length < MOST) layers.push({ dilation: 1, ...layer });
        rebuild();
    };
    const add = draw.button(controls, "Add convolution", () => append({ kind: "conv", kernel_size: 3, strides: 1 }));
    draw.button(controls, "Add pooling", () => append({ kind: "pool", kernel_size: 2, strides: 2 }));
    const depth = draw.slider(controls, { label: "neuron of layer", max: layers.length, value: layers.length }, moveBack);
    draw.player(controls, depth, moveBack, 700);
    const byPaths = draw.toggle(controls, { label: "darken by number of paths", value: false }, show);

    const panels = draw.add(root, "div", { className: "panels" });
    const whole = panel("its receptive field", "Photograph: arrow keys choose another neuron of the layer");
    const seen = panel("what it sees, enlarged", "");
    whole.canvas.height *= photo.height / photo.width;
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    whole.canvas.tabIndex = 0;
    whole.canvas.onkeydown = (event) => {
        if (!steps[event.key]) return;
        event.preventDefault();
        move("row", steps[event.key][0], photo.height);
        move("column", steps[event.key][1], photo.width);
        show();
    };
    const text = draw.add(root, "p", { className: "formula" });
    const note = draw.add(root, "p", { className: "warn" });
    const table = draw.add(draw.add(root, "div", { className: "layers", tabIndex: 0 }), "table");
    table.parentElement.setAttribute("role", "region");
    table.parentElement.setAttribute("aria-label", "Layers, from the image upwards");
    rebuild();

    function panel(title, label) {
        const box = draw.add(panels, "div");
        draw.add(box, "h3", {}, title);
        const canvas = draw.add(box, "canvas", { width: 2 * SHOWN, height: 2 * SHOWN });
        canvas.style.width = `${SHOWN}px`;
        canvas.setAttribute("role", label ? "application" : "img");
        canvas.setAttribute("aria-label", label || title);
        return { canvas, text: draw.add(box, "p") };
    }

    /** Move along one axis, unless the middle of the field would leave the photograph. */
    function move(axis, by, size) {
        const row = fields(layers, size)[depth.value - 1] ?? { field: 1, step: 1 };
        const middle = fieldStart(row, size, moved[axis] + by) + row.field / 2;
        if (middle >= 0 && middle <= size) moved[axis] += by;
    }

    function moveBack() {
        Object.assign(moved, { row: 0, column: 0 });
        show();
    }

    /** Fill the table again after a layer has been added or removed. */
    function rebuild() {
        table.replaceChildren();
        const head = draw.add(draw.add(table, "thead"), "tr");
        const heads = ["", "layer", "kernel", "strides", "dilation", "field", "step", "map size"];
        heads.forEach((name) => draw.add(head, name ? "th" : "td", name ? { scope: "col" } : {}, name));
        const body = draw.add(table, "tbody");
        layers.forEach((layer, index) => {
            const row = draw.add(body, "tr");
            const remove = draw.button(draw.add(row, "td"), "×", () => {
                layers.splice(index, 1);
                rebuild();
                (table.querySelectorAll("button")[index] ?? add).focus();
            });
            remove.setAttribute("aria-label", `Remove layer ${index + 1}`);
            draw.add(row, "th", { scope: "row" }, `${index + 1} ${layer.kind}`);
            for (const [name, max] of [
                    ["kernel_size", 31],
                    ["strides", 8],
                    ["dilation", 16]
                ]) {
                const label = `${name} of layer ${index + 1}`;
                const cell = draw.add(row, "td");
                draw.number(cell, { label, value: layer[name], min: 1, max, step: 1, hidden: true }, (value) => {
                    layer[name] = Math.max(1, Math.min(max, Math.round(value)));
                    show();
                });
            }
            for (let column = 0; column < 3; column++) draw.add(row, "td");
        });
        depth.max = layers.length;
        depth.value = layers.length;
        moveBack();
    }

    function show() {
        const rows = fields(layers, photo.height);
        rows.forEach((row, index) => {
            const line = table.tBodies[0].rows[index];
            const below = index ? rows[index - 1].field : 1;
            line.className = index < depth.value ? "" : "muted";
            line.cells[5].textContent = `${below} + ${row.covered - 1}·${row.before} = ${row.field}`;
            line.cells[6].textContent = row.step;
            line.cells[7].textContent = row.map || "–";
        });
        const used = layers.slice(0, depth.value);
        const { field, step } = rows[depth.value - 1] ?? { field: 1, step: 1 };
        const top = fieldStart({ field, step }, photo.height, moved.row);
        const left = fieldStart({ field, step }, photo.width, moved.column);
        drawWhole({ top, left, field, ...photo });
        const counts = field > LARGEST ? [] : paths(used);
        drawSeen({ top, left, field, counts });
        const next = step > 1 ? `${step} pixels` : "1 pixel";
        text.textContent = used.length === 0 ? "A pixel sees itself." :
            `One neuron of layer ${used.length} sees ${field} × ${field} pixels; the next neuron's field begins ${next} further.`;
        const pixels = counts.filter((count) => count > 0).length ** 2;
        const gaps = counts.includes(0) ? `Black: holes. It sees ${pixels} of the ${field ** 2} pixels. ` : "";
        const isInside = top >= 0 && left >= 0 && top + field <= photo.height && left + field <= photo.width;
        seen.text.textContent = gaps + (isInside ? "" : "Blue: beyond the picture, padding.");
        const full = layers.length < MOST ? "" : `There is room for ${MOST} layers. `;
        note.textContent = full + explainFit(used, Math.min(photo.height, photo.width));
        draw.say(`${text.textContent} ${note.textContent}`);
    }

    function drawWhole(square) {
        const scale = whole.canvas.width / photo.width;
        const context = whole.canvas.getContext("2d");
        context.drawImage(source, 0, 0, whole.canvas.width, photo.height * scale);
        markField(context, scale, square);
    }

    function drawSeen({ top, left, field, counts }) {
        const context = seen.canvas.getContext("2d");
        const scale = seen.canvas.width / field;
        context.fillStyle = "#0072b2"; // padding: outside the photograph
        context.fillRect(0, 0, seen.canvas.width, seen.canvas.height);
        context.imageSmoothingEnabled = false;
        context.drawImage(source, -left * scale, -top * scale, photo.width * scale, photo.height * scale);
        const isShadowed = byPaths.checked ? counts.length > 0 : counts.includes(0);
        if (isShadowed) context.drawImage(shadows(counts, byPaths.checked), 0, 0, seen.canvas.width, seen.canvas.height);
    }
}

if (typeof document !== "undefined") receptivePage();
