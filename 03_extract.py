"""Turn prepared photos into feature vectors: img/<dataset> -> output/<dataset>/03_extract.

Besides: a text encoder whose vectors lie among them -> output/<dataset>/03_text.
"""

from functools import partial

from config import Settings
from lookalike.core.command_line import run_script
from lookalike.core.pipeline import Step
from lookalike.core.stage import Stage, stage_folder


def extract(settings: Settings) -> None:
    from lookalike.core import features, tables  # late, so that --help is instant
    from lookalike.networks import extraction, graph, vectors
    from lookalike.networks.squares import Photo
    from lookalike.preprocess import prepared

    options = settings.extract
    inputs = ["01_preprocess/images.parquet", *(["02_finetune"] if options.weights == "finetuned" else [])]
    with Stage(settings, "03_extract", inputs=inputs, row_key=extraction.row_key) as stage:
        photos = prepared.open_for(stage)
        paths, digests = (photos.usable[column].to_pylist() for column in ("path", "digest"))
        files = [Photo(*each) for each in zip(photos.files(), digests, strict=True)]
        places = (stage.draft, stage.folder, stage.path_of("02_finetune"))
        reopen = partial(extraction.open_extractors, options, *places)
        extractors = reopen(settings.run.workers)
        graph.write_description(stage.draft, {name: each.description for name, each in extractors.items()})
        names = extraction.stored(extractors, options)
        known = features.known_parts(stage.published, stage.manifest, names) if stage.published else []
        work = (stage.draft, stage.work, known, extractors, reopen, options, settings.run)
        found = vectors.extract_all(paths, files, *work)
        tables.write_csv(stage.draft / "errors.csv", {"path": found.errors, "error": found.errors.values()})
        dimension = features.load(stage.draft)[1].shape[1]
        told = {"counts": found.counts | {"dimension": dimension}, "approximations": found.approximations}
        summary = f"{found.images:,} vectors of {dimension:,} numbers, {found.computed:,} of them new{found.words}"
        stage.publish(summary, images=found.images, run={"computed": found.computed}, **told)


def take_text_encoder(settings: Settings) -> None:
    from lookalike.core import artifacts, vocabulary
    from lookalike.networks import texts

    options = settings.extract
    if options.text_encoder is None:
        return artifacts.remove_own(stage_folder(settings, "03_text"))
    with Stage(settings, "03_text", inputs=["03_extract"]) as stage:
        made = texts.convert(options.text_encoder, stage.draft, stage.path_of("03_extract"))
        words = vocabulary.read_words(options.vocabulary) if options.vocabulary else []
        if words:
            vocabulary.write(stage.draft, made.matrix, words, texts.TextEncoder(stage.draft)(words))
        counts = {"dimension": made.dimension, "tokens": made.tokens, "words": len(words)}
        summary = f"texts of {made.tokens} tokens as vectors among {made.matrix}, {len(words):,} words"
        stage.publish(summary, images=made.photos, counts=counts)


def wants_texts(settings: Settings) -> bool:
    return settings.extract.text_encoder is not None or stage_folder(settings, "03_text").exists()


STEPS = {"03_extract": Step(extract), "03_text": Step(take_text_encoder, wanted=wants_texts)}

if __name__ == "__main__":
    run_script(STEPS, Settings)
