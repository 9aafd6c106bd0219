// What one value of a map is made of: the window of the input, the kernel, their products, and the steps after the sum.
const detail = (() => {
    /* Return the value at a place of one step's maps. */
    const valueAt = (maps, row, column, channel) => maps.values[(row * maps.width + column) * maps.channels + channel];

    const list = (values, format) => values.map((value) => format(value)).join(" + ");
    const signed = (value, format) => value < 0 ? `− ${format(-value)}` : `+ ${format(value)}`;

    /* Return the numbers under a window of one map, null outside it. */
    function windowOf(step, maps, row, column, channel) {
        const rows = Array.from({ length: step.size[0] }, (_, i) => row * step.strides[0] - step.corner[0] + i * step.dilation[0]);
        const columns = Array.from({ length: step.size[1] }, (_, j) => column * step.strides[1] - step.corner[1] + j * step.dilation[1]);
        const inside = (y, x) => y >= 0 && y < maps.height && x >= 0 && x < maps.width;
        return rows.map((y) => columns.map((x) => inside(y, x) ? valueAt(maps, y, x, channel) : null));
    }

    /* Return one line for each step of a block: how the value at a place is computed. */
    function equations(steps, outputs, block, { row, column, channel }, format) {
        return block.map((number) => {
            const step = steps[number];
            const inputs = step.inputs.map((source) => outputs[source]);
            const result = format(valueAt(outputs[number], row, column, channel));
            const before = inputs.length && step.kind !== "concat" && step.kind !== "reshape" && step.kind !== "conv" ?
                inputs.map((maps) => valueAt(maps, Math.min(row, maps.height - 1), Math.min(column, maps.width - 1), channel)) : [];
            const text = {
                input: () => `the pixel: ${result}`,
                conv: () => {
                    const bias = step.bias ? step.bias[channel] : null;
                    const sum = valueAt(outputs[number], row, column, channel) - (bias ?? 0);
                    return `sum of all products: ${format(sum)}${bias === null ? "" : ` ${signed(bias, format)} (bias) = ${result}`}`;
                },
                pool: () => step.reduce === "max" ? `the largest value in the window: ${result}` : `the mean of the window: ${result}`,
                affine: () => `${format(before[0])} × ${format(step.factor[channel])} ${signed(step.shift[channel], format)} = ${result}`,
                activation: () => step.function === "softmax" ?
                    `e^(${format(before[0])}) divided by the sum over all ${step.shape[2]} = ${result}` : `${step.function}(${format(before[0])}) = ${result}`,
                add: () => `${list(before, format)} = ${result}`,
                concat: () => `one of the maps put together: ${result}`,
                reshape: () => `the same value in another shape: ${result}`,
            } [step.kind]();
            return { layer: step.layer, text };
        });
    }

    /* Return the number of the input map whose part of the sum is largest, of those that `terms` returned. */
    function strongest(parts) {
        return parts.reduce((best, part, i) => Math.abs(part.sum) > Math.abs(parts[best].sum) ? i : best, 0);
    }

    const pure = { valueAt, windowOf, equations, strongest };
    if (typeof document === "undefined") return pure;

    const SIDE = 112; // of a map, in pixels of the page, about

    /* Add a picture with a caption; return its canvas and its caption. */
    function picture(parent, caption) {
        const figure = draw.add(parent, "figure");
        return { canvas: draw.add(figure, "canvas"), caption: draw.add(figure, "figcaption", {}, caption) };
    }

    /* Draw one map large, with a frame around some of its values. */
    function showMap(canvas, map, scale, mark) {
        const zoom = Math.max(1, Math.min(16, Math.floor(SIDE / Math.max(map.height, map.width))));
        const small = document.createElement("canvas");
        draw.image(small, map, scale);
        const context = sheet.sized(canvas, map.width * zoom, map.height * zoom);
        context.drawImage(small, 0, 0, map.width * zoom, map.height * zoom);
        sheet.frame(context, mark.column * zoom, mark.row * zoom, mark.width * zoom, mark.height * zoom);
        canvas.setAttribute("role", "img");
        return zoom;
    }

    const extent = (step, axis) => (step.size[axis] - 1) * step.dilation[axis] + 1;

    /* Show rows of numbers: at most 7×7 as numbers, more as an image. */
    function showNumbers(parent, caption, rows, scale) {
        const box = draw.add(parent, "figure");
        const [height, width] = [rows.length, rows[0].length];
        const largest = Math.max(...rows.flat().map((value) => Math.abs(value ?? 0)));
        const target = draw.add(box, "div");
        if (Math.max(height, width) <= 7) {
            const cell = Math.max(26, Math.min(36, 150 / width));
            draw.grid(target, rows, { scale, cell, low: scale === "signed" ? -largest : 0, high: largest, label: `${caption}: ${height}×${width} numbers` });
        } else {
            const canvas = draw.add(target, "canvas");
            const values = Float32Array.from(rows.flat(), (value) => value ?? 0);
            showMap(canvas, { height, width, values }, { scale, low: scale === "signed" ? -largest : 0, high: largest }, { row: -9, column: -9, width: 0, height: 0 });
            canvas.setAttribute("aria-label", `${caption}: ${height}×${width} numbers as an image`);
        }
        draw.add(box, "figcaption", {}, caption);
    }

    /* Make the panel; `show(steps, outputs, block, state)` fills it. moved(row, column) and chose(input) report. */
    function make(parent, moved, chose) {
        let state = { row: 0, column: 0, channel: 0 };
        let steps = [];
        let outputs = [];
        let block = [];
        let last = null;
        const title = draw.add(parent, "h3");
        const said = draw.add(parent, "p", { className: "muted" });
        const maps = draw.add(parent, "div", { className: "panels" });
        const source = picture(maps, "");
        const results = [];
        const partsTitle = draw.add(parent, "p");
        const partsBox = draw.add(parent, "div");
        const parts = sheet.make(partsBox, { label: "Input map of which the product is shown", name: (i) => `input map ${i + 1}`, zoom: 14 }, chose);
        const numbers = draw.add(parent, "div", { className: "panels numbers" });
        const formula = draw.add(parent, "ol", { className: "formula" });

        const columns = () => last.width;
        const place = () => state.row * last.width + state.column;
        const go = (index) => moved(Math.floor(index / last.width), index % last.width);

        /* Return the canvas for a step's map; the last one is moved with the keyboard, and each by a click. */
        function resultCanvas(i) {
            if (results[i]) return results[i];
            const made = picture(maps, "");
            const pick = (event) => {
                if (event.type === "pointermove" && !event.buttons) return;
                const box = made.canvas.getBoundingClientRect();
                const row = Math.floor((event.clientY - box.top) * last.height / box.height);
                const column = Math.floor((event.clientX - box.left) * last.width / box.width);
                moved(Math.max(0, Math.min(last.height - 1, row)), Math.max(0, Math.min(last.width - 1, column)));
            };
            made.canvas.addEventListener("pointerdown", pick);
            made.canvas.addEventListener("pointermove", pick);
            results.push(made);
            return made;
        }

        const first = resultCanvas(0);
        const refreshSlider = sheet.sliderOf(first.canvas, "Place in the map", {
            index: place,
            count: () => last.height * last.width,
            columns,
            name: (index) => `row ${Math.floor(index / last.width) + 1}, column ${index % last.width + 1}`,
        }, go);

        function showMaps() {
            const step = steps[block[0]];
            const input = step.inputs.length ? outputs[step.inputs[0]] : null;
            const isWhole = input && step.kind === "conv" && step.size[0] >= input.height && step.size[1] >= input.width;
            const windowed = input && step.size && !isWhole;
            source.canvas.parentElement.hidden = !windowed;
            if (windowed) {
                const mark = { row: state.row * step.strides[0] - step.corner[0], column: state.column * step.strides[1] - step.corner[1], height: extent(step, 0), width: extent(step, 1) };
                const map = sheet.mapOf(input, state.input);
                showMap(source.canvas, map, sheet.scaleOf(input.values), mark);
                source.caption.textContent = `input: map ${state.input + 1} of ${input.channels}`;
                source.canvas.setAttribute("aria-label", `Input map ${state.input + 1} with the window`);
            }
            block.forEach((number, i) => {
                const { canvas, caption } = resultCanvas(i);
                canvas.parentElement.hidden = last.height * last.width === 1;
                showMap(canvas, sheet.mapOf(outputs[number], state.channel), sheet.scaleOf(outputs[number].values), { row: state.row, column: state.column, height: 1, width: 1 });
                const { layer, function: name } = steps[number];
                const after = i > 0 && layer === steps[block[i - 1]].layer ? name : layer;
                caption.textContent = `after ${after.replaceAll("_", "_\u200b")}`; // a line may break there
                if (i > 0) canvas.setAttribute("aria-label", `Map after ${after}`);
            });
            first.canvas.setAttribute("role", "slider");
            refreshSlider();
            results.slice(block.length).forEach(({ canvas }) => { canvas.parentElement.hidden = true; });
        }

        function showProduct(step, input) {
            const terms = network.terms(step, input, state.row, state.column, state.channel);
            const chosen = Math.max(0, terms.findIndex((part) => part.channel === state.input));
            const { window: values, kernel } = terms[chosen];
            const table = (flat) => Array.from({ length: step.size[0] }, (_, i) => flat.slice(i * step.size[1], (i + 1) * step.size[1]));
            const scale = values.some((value) => value < 0) ? "signed" : "grey";
            const isOne = values.length === 1;
            showNumbers(numbers, isOne ? "input" : "window of the input", table(values), scale);
            showNumbers(numbers, isOne ? "× weight" : "× kernel", table(kernel), "signed");
            const products = values.map((value, i) => value === null ? null : value * kernel[i]);
            const sum = draw.format(terms[chosen].sum, 3);
            showNumbers(numbers, isOne ? "= product" : `= products, sum ${sum}`, table(products), "signed");
            partsBox.hidden = partsTitle.hidden = terms.length === 1;
            if (terms.length === 1) return;
            partsTitle.textContent = `What each of the ${terms.length} input maps adds to the sum: orange more, purple less. Choose one:`;
            parts.show({ height: 1, width: 1, channels: terms.length, values: Float32Array.from(terms, (part) => part.sum) }, { ...sheet.scaleOf(terms.map((part) => part.sum)), scale: "signed" });
            parts.choose(chosen);
        }

        return {
            parts,
            show(newSteps, newOutputs, newBlock, newState) {
                [steps, outputs, block, state] = [newSteps, newOutputs, newBlock, newState];
                last = outputs[block.at(-1)];
                const step = steps[block[0]];
                const input = outputs[step.inputs[0]];
                const what = last.height * last.width === 1 ? "unit" : "map";
                const isScore = last === outputs.at(-1);
                title.textContent = `${block.map((number) => steps[number].layer).filter((name, i, all) => name !== all[i - 1]).join(" → ")}: ${isScore ? `score of “${draw.data.classes[state.channel]}”` : `${what} ${state.channel + 1} of ${last.channels}`}`;
                said.textContent = block.map((number) => steps[number].label).join(" → ");
                showMaps();
                numbers.replaceChildren();
                partsBox.hidden = partsTitle.hidden = true;
                if (step.kind === "conv") showProduct(step, input);
                if (step.kind === "pool") showNumbers(numbers, "window of the input", windowOf(step, input, state.row, state.column, state.channel), sheet.scaleOf(input.values).scale);
                formula.replaceChildren();
                for (const { layer, text } of equations(steps, outputs, block, state, (value) => draw.format(value, 3))) {
                    const line = draw.add(formula, "li");
                    draw.add(line, "span", { className: "muted" }, `${layer}: `);
                    line.append(text);
                }
            },
        };
    }

    return { ...pure, make };
})();

if (typeof module !== "undefined") module.exports = detail;
