/* Kernel editor: nine weights on a photograph, and what their sum does to its brightness. */
const kernelEditor = (() => {
    /* Return a sentence about what weights with this sum do to a flat area. */
    function describe(total) {
        const sum = Math.abs(total) < 0.005 ? 0 : total;
        if (sum === 0) return "Flat areas become 0: brightness is lost, and only change remains.";
        if (Math.abs(sum - 1) < 0.005) return "Flat areas keep their brightness.";
        if (sum < 0) return "Flat areas become negative: the brighter, the further below 0.";
        return `Flat areas become ${draw.format(sum)} times as bright: ${sum > 1 ? "lighter" : "darker"} than before.`;
    }

    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

    /* Return the share of values that a screen cannot show, below 0 or above 1. */
    const outside = (values) => values.reduce((count, value) => count + (value < -0.002 || value > 1.002), 0) / values.length;

    return { describe, mean, outside };
})();

if (typeof module !== "undefined") module.exports = kernelEditor;

if (typeof document !== "undefined") {
    const { data, element, format } = draw;
    const OWN = "your own";
    const VIEWS = {
        signed: { scale: "signed", low: -1, high: 1, text: "Purple is below 0, white is 0, orange is above." },
        screen: { scale: "grey", low: 0, high: 1, text: "Black is 0 or less, white is 1 or more." },
        middle: { scale: "grey", low: -0.5, high: 0.5, text: "A middle grey is added: grey is 0, black is −0.5 or less." },
    };
    let photo = null;
    let weights = [];
    const controls = element("controls");
    const names = Object.keys(data.presets);
    const preset = draw.choice(controls, { label: "kernel", options: [...names, OWN], value: data.first }, choose);
    const photos = draw.choice(controls, { label: "photograph", options: Object.keys(data.photographs) }, load);
    const view = draw.choice(controls, {
        label: "show the result",
        options: [
            ["signed", "signed: purple, white, orange"],
            ["screen", "as a screen does: 0 to 1"],
            ["middle", "with a middle grey added"]
        ],
    }, update);

    const fields = Array.from({ length: 9 }, (_, k) => {
        const label = `weight in row ${Math.floor(k / 3) + 1}, column ${k % 3 + 1}`;
        return draw.number(element("kernel"), { label, hidden: true }, (value) => {
            weights[k] = value;
            preset.value = OWN;
            update();
        });
    });
    const divisor = draw.number(element("divisor"), { label: "all divided by", value: 1 }, () => {
        preset.value = OWN;
        update();
    });
    draw.button(element("buttons"), "divide by sum", () => {
        const sum = weights.reduce((total, weight) => total + weight, 0);
        if (sum === 0) return draw.say("The sum is 0, so it cannot divide.");
        divisor.value = sum;
        preset.value = OWN;
        return update();
    });
    draw.button(element("buttons"), "turn by 90°", () => {
        write([6, 3, 0, 7, 4, 1, 8, 5, 2].map((from) => weights[from]), divisor.value);
        preset.value = OWN;
        update();
    });

    function write(numbers, division) {
        weights = numbers;
        divisor.value = division;
        fields.forEach((field, k) => { field.value = numbers[k]; });
    }

    function choose(name) {
        if (name === OWN) return;
        const [rows, division] = data.presets[name];
        write(rows.flat(), division);
        view.value = Math.abs(weights.reduce((total, weight) => total + weight, 0)) < 1e-9 ? "signed" : "screen";
        update();
    }

    async function load(name) {
        photo = await draw.photograph(data.photographs[name]);
        draw.image(element("photo"), photo);
        element("photo").setAttribute("aria-label", `the photograph: ${name}`);
        update();
    }

    function update() {
        if (!photo) return;
        const division = Number(divisor.value) || 1; // while one types, an empty field divides by 1
        const sum = weights.reduce((total, weight) => total + weight, 0) / division;
        const largest = 2.1 * Math.max(1e-9, ...weights.map(Math.abs));
        fields.forEach((field, k) => { field.style.background = draw.colour(draw.signed(weights[k], largest)); });
        const result = photoFilter.convolve(photo, weights, division);
        const shown = VIEWS[view.value];
        draw.image(element("result"), result, shown);
        element("result").setAttribute("aria-label", `the result of ${preset.value} on ${photos.value}. ${shown.text}`);
        element("scale").textContent = shown.text;
        element("sum").textContent = `The weights sum to ${format(sum)}. ${kernelEditor.describe(sum)}`;
        const [before, after] = [kernelEditor.mean(photo.values) / 255, kernelEditor.mean(result.values)];
        const clipped = kernelEditor.outside(result.values);
        element("brightness").textContent = `Mean brightness: ${format(before)} before, ${format(after)} after. ` +
            `A flat grey of 0.5 becomes ${format(0.5 * sum)}. ` +
            `Of the result, ${format(100 * clipped, 0)} % is below 0 or above 1.`;
        draw.say(element("sum").textContent);
    }

    choose(data.first);
    load(photos.value);
}
