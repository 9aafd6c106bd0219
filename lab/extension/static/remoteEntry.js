// JupyterLab draws a PNG as <img> without `alt`. This extension copies the `alt` of a cell's metadata to its pictures,
// those that are stored and those that a kernel draws now. It is written as JupyterLab loads it, so nothing builds it.
"use strict";
/* eslint-disable no-underscore-dangle -- JupyterLab's own names begin with "_" */
(() => {
    const UNKNOWN = "A picture without a description.";

    /** Return the text that comes with a picture, such as the numbers of a live curve; "" if it only names an object. */
    function plainText(cell, image) {
        const outputs = cell.outputArea ? cell.outputArea.widgets : [];
        const place = outputs.findIndex((output) => output.node.contains(image));
        const output = place < 0 ? undefined : cell.model.outputs.get(place);
        const text = output ? String(output.data["text/plain"] || "") : "";
        return text.startsWith("<") ? "" : text;
    }

    /** Describe the pictures of a notebook that have no alternative text yet. */
    function describe(notebook) {
        for (const image of notebook.node.querySelectorAll(".jp-RenderedImage img:not([alt])")) {
            const cell = notebook.widgets.find((widget) => widget.node.contains(image));
            image.alt = (cell && (cell.model.getMetadata("alt") || plainText(cell, image))) || UNKNOWN;
        }
    }

    const plugin = {
        id: "cnn-workbook:alternative-texts",
        autoStart: true,
        activate: (app) => {
            app.docRegistry.addWidgetExtension("Notebook", {
                createNew: (panel) => {
                    const observer = new MutationObserver(() => describe(panel.content));
                    observer.observe(panel.content.node, { childList: true, subtree: true });
                    describe(panel.content);
                    return {
                        isDisposed: false,
                        dispose() {
                            observer.disconnect();
                            this.isDisposed = true;
                        },
                    };
                },
            });
        },
    };

    window._JUPYTERLAB = window._JUPYTERLAB || {};
    window._JUPYTERLAB["cnn-workbook"] = {
        init: () => undefined,
        get: () => Promise.resolve(() => ({ __esModule: true, default: plugin })),
    };
})();
