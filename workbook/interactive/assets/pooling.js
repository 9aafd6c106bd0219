"use strict";

// Pure functions. A picture is a list of rows of numbers.

/** Return what a frame shows after its content has moved: `source` has `margin` more pixels on each side. */
function view(source, margin, down, right) {
    const rows = source.slice(margin - down, source.length - margin - down);
    return rows.map((row) => row.slice(margin - right, row.length - margin - right));
}

/** Return the number of windows along an axis, without padding; 0 if none fits. */
function windows(length, size, strides) {
    return size > length ? 0 : Math.floor((length - size) / strides) + 1;
}

/** Return one number per window: its "max", its "mean", or its top left pixel ("skip"). */
function pool(image, size, strides, kind) {
    const rows = windows(image.length, size, strides);
    const columns = windows(image[0].length, size, strides);
    const output = [];
    for (let row = 0; row < rows; row++) {
        output.push([]);
        for (let column = 0; column < columns; column++) {
            const values = windowValues(image, size, row * strides, column * strides);
            output[row].push(summary(values, kind));
        }
    }
    return output;
}

/** Return the values of a window, row by row. */
function windowValues(image, size, top, left) {
    return image.slice(top, top + size).flatMap((row) => row.slice(left, left + size));
}

function summary(values, kind) {
    if (kind === "skip") return values[0];
    if (kind === "max") return values.reduce((largest, value) => Math.max(largest, value));
    return values.reduce((sum, value) => sum + value) / values.length;
}

/** Return which outputs changed, how many, and the mean change as a share of the mean output; null if that is 0. */
function compare(before, after) {
    const changed = after.map((row, r) => row.map((value, c) => value !== before[r][c]));
    const all = before.flat();
    const change = after.flat().reduce((sum, value, i) => sum + Math.abs(value - all[i]), 0);
    const total = all.reduce((sum, value) => sum + Math.abs(value), 0);
    return {
        changed,
        count: changed.flat().filter(Boolean).length,
        share: total ? change / total : null,
    };
}

/** Return the smallest move [down, right] of the outputs after which all values that both have agree, or null. */
function explainedBy(before, after, down, right) {
    for (let rows = 0; rows <= Math.abs(down); rows++) {
        for (let columns = 0; columns <= Math.abs(right); columns++) {
            const move = [Math.sign(down) * rows, Math.sign(right) * columns];
            if (isMoved(before, after, ...move)) return move;
        }
    }
    return null;
}

function isMoved(before, after, down, right) {
    let compared = 0;
    for (let row = 0; row < after.length; row++) {
        for (let column = 0; column < after[0].length; column++) {
            const value = before[row - down]?.[column - right];
            if (value === undefined) continue;
            if (value !== after[row][column]) return false;
            compared++;
        }
    }
    return compared > 0;
}

/** Return in words whether a changed output moved with the input, or an empty text if nothing changed. */
function verdict({ count }, move) {
    if (!count) return "";
    if (!move) return "No move explains it.";
    const part = (steps, word) => steps ? `${Math.abs(steps)} ${word}${Math.abs(steps) > 1 ? "s" : ""}` : "";
    return `It moves along, by ${[part(move[0], "row"), part(move[1], "column")].filter(Boolean).join(" and ")}.`;
}

if (typeof module !== "undefined") module.exports = { view, windows, pool, compare, explainedBy, verdict };

// The page.

/** Draw values as squares on a canvas, and frame some of them: the changed ones, and one window. */
function paint(canvas, values, { high, changed, frame }) {
    const cell = Math.max(6, Math.floor(480 / Math.max(values.length, values[0].length)));
    canvas.height = cell * values.length;
    canvas.width = cell * values[0].length;
    const context = canvas.getContext("2d");
    values.forEach((row, r) => row.forEach((value, c) => {
        context.fillStyle = draw.colour(draw.grey(value, 0, high));
        context.fillRect(c * cell, r * cell, cell, cell);
        if (changed?.[r][c]) strokeBox(context, cell, r, c, 1, "#e67300", 3, -2);
    }));
    strokeBox(context, cell, frame.row, frame.column, frame.size, "#fff", 3, 5);
    strokeBox(context, cell, frame.row, frame.column, frame.size, "#0072b2", 5, 2);
}

/** Frame `size` × `size` squares with a line `out` pixels outside of them, moved inwards at the canvas's edge. */
function strokeBox(context, cell, row, column, size, colour, line, out) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    const { width, height } = context.canvas;
    const left = Math.max(line / 2, column * cell - out);
    const top = Math.max(line / 2, row * cell - out);
    const right = Math.min(width - line / 2, (column + size) * cell + out);
    const bottom = Math.min(height - line / 2, (row + size) * cell + out);
    context.strokeRect(left, top, right - left, bottom - top);
}

/** Call `moved(down, right)` for the arrow keys, and `chosen(row, column)`, in shares of the canvas, for a click. */
function listen(canvas, moved, chosen) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    canvas.tabIndex = 0;
    canvas.onkeydown = (event) => {
        if (!steps[event.key]) return;
        event.preventDefault();
        moved(...steps[event.key]);
    };
    canvas.onclick = (event) => chosen?.(event.offsetY / canvas.clientHeight, event.offsetX / canvas.clientWidth);
}

function poolingPage() {
    const { pictures, margin, pool_size, strides } = draw.data;
    const root = draw.element("pooling");
    const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
    const place = { row: 6, column: 6 }; // of the output whose window is framed

    const controls = draw.add(root, "div", { className: "controls" });
    const largest = Math.min(...Object.values(pictures).flatMap((rows) => [rows.length, rows[0].length])) - 2 * margin;
    const picture = draw.choice(controls, { label: "input", options: Object.keys(pictures) }, show);
    const size = draw.slider(controls, { label: "window", min: 1, max: largest, value: pool_size }, show);
    const equal = draw.toggle(controls, { label: "strides = window", value: strides === pool_size }, show);
    const step = draw.slider(controls, { label: "strides", min: 1, max: largest, value: strides }, () => {
        equal.checked = false;
        show();
    });
    const moves = draw.add(root, "div", { className: "controls" });
    const range = { min: -margin, max: margin, value: 0 };
    const down = draw.slider(moves, { label: "moved down", ...range }, show);
    const right = draw.slider(moves, { label: "moved right", ...range }, show);
    draw.button(moves, "Move back", () => {
        down.value = right.value = 0;
        show();
    });

    const panels = draw.add(root, "div", { className: "panels pooling" });
    const input = panel("input", "Input: arrow keys move its content");
    listen(input.canvas, (rows, columns) => {
        down.value = clamp(down.value + rows, -margin, margin);
        right.value = clamp(right.value + columns, -margin, margin);
        show();
    });
    const kinds = { skip: "first pixel", mean: "mean pooling", max: "max pooling" };
    const outputs = Object.entries(kinds).map(([kind, name]) => {
        const made = panel(name, `Output of ${name}: arrow keys choose the output whose window is framed`);
        listen(made.canvas, (rows, columns) => choose(place.row + rows, place.column + columns), (top, left) => {
            choose(Math.floor(top * made.shape[0]), Math.floor(left * made.shape[1]));
        });
        return Object.assign(made, { kind, name });
    });
    const numbers = draw.add(root, "p", { className: "formula" });
    show();

    function panel(name, label) {
        const box = draw.add(panels, "div");
        const title = draw.add(box, "h3", {}, name);
        const canvas = draw.add(box, "canvas");
        canvas.setAttribute("role", "application");
        canvas.setAttribute("aria-label", label);
        return { title, canvas, text: draw.add(box, "p"), shape: [1, 1] };
    }

    function choose(row, column) {
        Object.assign(place, { row, column });
        show();
    }

    function show() {
        if (equal.checked) step.value = size.value;
        const source = pictures[picture.value];
        const high = Math.max(1e-9, ...source.flat());
        const [still, now] = [view(source, margin, 0, 0), view(source, margin, down.value, right.value)];
        const shape = [now.length, now[0].length].map((length) => windows(length, size.value, step.value));
        place.row = clamp(place.row, 0, shape[0] - 1);
        place.column = clamp(place.column, 0, shape[1] - 1);
        const values = windowValues(now, size.value, place.row * step.value, place.column * step.value);
        const frame = { row: place.row * step.value, column: place.column * step.value, size: size.value };
        paint(input.canvas, now, { high, frame });
        input.title.textContent = `input, ${now.length} × ${now[0].length}`;
        input.text.textContent = changes(compare(still, now), now.flat().length);
        const said = [];
        for (const output of outputs) {
            const [before, after] = [still, now].map((image) => pool(image, size.value, step.value, output.kind));
            const result = compare(before, after);
            const all = shape[0] * shape[1];
            output.shape = shape;
            output.title.textContent = `${output.name}, ${shape[0]} × ${shape[1]}`;
            paint(output.canvas, after, { high, changed: result.changed, frame: { ...place, size: 1 } });
            const move = explainedBy(before, after, down.value, right.value);
            output.text.textContent = `${changes(result, all)} ${verdict(result, move)}`;
            said.push(`${output.name}: ${result.count} of ${all} changed.`);
        }
        const listed = values.length <= 9 ? `: ${values.map((value) => draw.format(value, 1)).join(", ")}` : "";
        const results = Object.entries(kinds).map(([kind, name]) => `${name.split(" ")[0]} ${draw.format(summary(values, kind), 1)}`);
        numbers.textContent = `The blue window, ${size.value} × ${size.value}${listed} → ${results.join(", ")}`;
        draw.say(`Moved ${down.value} down and ${right.value} right. ${said.join(" ")} ${numbers.textContent}`);
    }

    function changes({ count, share }, all) {
        const mean = count && share !== null ? `; mean change ${draw.format(100 * share, 1)}\u00a0%` : "";
        return `${count} of ${all} changed${mean}.`;
    }
}

if (typeof document !== "undefined") poolingPage();
