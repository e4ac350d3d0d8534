"""All messages of errors, and beside them those of warnings. Each has a code, and says what to do."""

from .codes import WithCodes
from .warned import Warnings as Warnings


class DomainVectorsError(ValueError):
    """A mistake in the input or the settings. The message says how to correct it."""


class DomainVectorsWarning(UserWarning):
    """Something was left out or looks wrong, but the work went on."""


class Errors(metaclass=WithCodes):
    """The messages of DomainVectorsError."""

    # The component and its attributes
    DV001 = (
        "The component '{name}' has no vector table yet. Call "
        "nlp.get_pipe('{name}').load_table(PATH), or set [initialize.components.{name}] table = "
        "PATH and run nlp.initialize()."
    )
    DV002 = (
        "No domain vectors are bound to the vocab of this {kind}, so '_.{attr}' can't be "
        "computed. Docs that were pickled, or made by another pipeline, lose the table: read "
        "them with the extended pipeline's vocab (DocBin.get_docs(nlp.vocab), "
        "Doc(nlp.vocab).from_bytes). A component taken over with source= is bound once a text "
        "has gone through the pipeline."
    )
    DV003 = (
        "The attribute name '{attr}' can't be used: it must be a Python identifier, and "
        "'{taken}' is an extension attribute of another package. Set attr_name in the "
        "component's config."
    )
    DV004 = "attrs = {value}: expected one or more of {allowed}, the first to be looked up first."
    DV005 = "The word '{word}' has no vector in this pipeline, so it has no neighbours."
    DV006 = "The query has the shape {shape}. Give a word, or a vector of width {width}."
    DV007 = "The lookup of words with vectors.attr = '{attr}' is not supported. Use a base with ORTH or LOWER."
    DV008 = (
        "The table was built on the base '{expected}' (vectors {expected_id}), and these are "
        "other vectors ({found_id}). Build it again with this base, or merge it with the base "
        "it was made for."
    )
    DV009 = (
        "The docs have different vocabs, so no single table has vectors for all of them. Pool "
        "the docs of each pipeline separately."
    )
    # The system, outputs and runs
    DV010 = "{path} can't be read or written: {why}."
    DV011 = "'{path}' can't be the output: it is {what}. Choose another one; nothing was changed."
    DV012 = (
        "'{path}' can't be the output: '{source}', which is read, {how}. Choose another output; nothing was changed."
    )
    DV013 = (
        "Another run is writing '{path}': process {pid} on {host}. Wait until it has ended, or choose another output."
    )
    DV014 = (
        "'{path}' was being written by process {pid} on another host, {host}. It can't be seen "
        "from here whether that process still runs. If it does not, delete the file '{file}': "
        "this command then goes on from the finished parts."
    )
    # Comparing
    DV015 = "'{name}' is no route. Known are: {known}."
    DV016 = "The route '{name}' needs a sentence encoder: give --teacher NAME, or leave it out."
    DV017 = "The base '{base}' has no vectors."
    DV018 = (
        "{name} can't be set for a comparison: each route learns from the corpus, and from nothing it is tested with."
    )
    DV019 = (
        "Without labels, {needed} texts are needed that can be held out and halved (a tenth of the "
        "corpus, of 20 words or more), and there are {found}. Give more text, or --labelled."
    )
    # Tables on disk
    DV020 = "'{path}' is not a vector table: {why}. Give the directory that 'domain-vectors train' wrote."
    DV021 = "'{path}' has the table format {found}, and this version reads {expected}. Build the table again."
    DV022 = "The file '{path}' is damaged: {why}. Restore it or build the table again."
    DV023 = "A vector table can't be made from this: {why}."
    DV024 = (
        "'{path}' exists and is left alone, as it is not {kind} that spacy-domainvec or spaCy "
        "wrote: {why}. Choose another output, or remove it first."
    )
    DV086 = (
        "The component '{name}' was saved with a table, and '{path}' is not there. Restore the "
        "folder, or merge the table into its base again."
    )
    DV087 = "'{path}' can't be read: {why}. Check your permissions, and that the disk works."
    DV088 = "'{key}' is not allowed in the section [{section}]: it is {why}. Allowed are: {allowed}."
    DV089 = "The table does not name the pipeline that it was made for. Name it: --base NAME."
    # The corpus
    DV030 = "No such file or folder: '{path}'. Check the path; a glob must match at least one file."
    DV031 = (
        "The format of '{path}' can't be told from its name. Rename the file: it must end with "
        "{known}, and may be compressed ({compressions})."
    )
    DV032 = "'{path}' has no column '{field}'. {found} Set corpus.field (--corpus.field NAME)."
    DV033 = "'{path}' can't be read to its end: {why}. Nothing was written; repair the file or leave it out."
    DV034 = (
        "There is no text in the corpus: {files} file(s) read, {skipped}. Check the paths, the format and the field."
    )
    DV035 = (
        "The folder '{path}' holds no file that can be read.{left_out} Known are {known}, each "
        "also with {compressions}."
    )
    DV036 = "'{path}' can't be opened ({why}). Install what it needs: python -m pip install \"smart_open[{extra}]\""
    DV037 = "attr = '{attr}': expected one of {allowed}."
    DV038 = (
        "No token of the corpus has a value for the attribute {attr}: the tokenizer alone does "
        "not set it. Use LOWER, or a .spacy file whose docs were annotated."
    )
    DV039 = (
        "The header of '{path}' can't be read: it is {why}. Save the file as UTF-8, or leave it "
        "out. Nothing was written."
    )
    DV054 = (
        "'{path}' expands to more than {times} times its size, and to more than {limit} MB, "
        "which no text does. If it is a text nevertheless, decompress it first."
    )
    DV055 = (
        "'{path}' was changed while it was read ({why}), so the result would be a mixture of "
        "both versions. Start again when nobody writes to it; the results of other files are "
        "kept."
    )
    DV056 = (
        "An empty path is given for the texts. Give files, folders, globs or addresses; '.' is the folder you are in."
    )
    DV057 = (
        "'{path}' is no regular file: folders of files can be read, but no named pipes, sockets "
        "or devices. Write the texts to a file, or give - for standard input."
    )
    # Counting and training
    DV040 = (
        "Only {found} words occur at least {min_count} times in the corpus ({tokens} tokens), "
        "and {needed} are needed. Give more text, or lower vocabulary.min_count "
        "(--vocabulary.min_count 1) or the vector_size."
    )
    DV041 = (
        "Counts can't be merged: {what} is {left} in one and {right} in the other. Count both with the same settings."
    )
    DV042 = "'{path}' can't be used as counts: {why}. Restore it, or train the table again."
    DV043 = (
        "paths.labelled = '{path}' can't be used: {why}. Labelled texts are for the document maps of a new training "
        "with a corpus, and a label needs two texts. Leave them out, or change that."
    )
    DV044 = "init = \"base\" needs a base with vectors, and '{base}' has none. Set init = null, or choose another base."
    DV045 = "{name} = {value}: expected {expected}."
    DV046 = (
        "init = \"base\" starts from the base's vectors, so vector_size must be the base's width "
        "{width}, not {value}. Set --{section}.vector_size {width}."
    )
    DV047 = (
        "The pipeline's tokenizer was saved, but can't be loaded again: {why}. Its code must be "
        "installed on every machine that does the work; with one process (--n-jobs 1), "
        "importing it is enough."
    )
    DV048 = (
        "A worker was killed, most likely because memory ran out ({why}). Give a smaller "
        "--memory or --n-jobs. Finished parts are kept."
    )
    DV049 = (
        "'{path}' has no counts to which text can be added. 'domain-vectors train' writes "
        "counts into the table's folder if PpmiSvd is the only trainer. A pipeline has none."
    )
    # Teachers
    DV098 = (
        "'{name}' can't be used as a teacher: {why}. Give the folder of a sentence-transformers model "
        "with model.safetensors, or its name on huggingface.co, which needs the network the first time."
    )
    DV099 = (
        "A teacher needs {needed} sentences of the corpus, and there are {found}. Give more text, or "
        "leave the teacher out. Vectors of others have sentences only with paths.corpus."
    )
    # Aligning and combining
    DV050 = (
        "Only {found} words of the text have a vector of their own in the base '{base}', and "
        "{needed} are needed to align the domain's vectors with its space. Give more text, "
        "lower vocabulary.min_count or the trainer's vector_size, or keep the spaces apart with "
        '[combine] @misc = "spacy_domainvec.DomainOnly.v1".'
    )
    DV051 = "combine.shares = {shares}: {why}."
    DV052 = (
        "The Dask cluster at '{address}' can't be reached: {why}. Give the scheduler's address, such as "
        "tcp://127.0.0.1:8786, and see that it runs."
    )
    DV053 = "'{path}' can't be written: {why}. Make room, or choose another place for the output."
    DV059 = (
        "No two words to learn from stand near each other in the corpus ({tokens} tokens in "
        "{texts} texts), so nothing can be learned from their contexts. Give texts of several "
        "words each, lower vocabulary.min_count (--vocabulary.min_count 1), or drop fewer of "
        "the frequent words (--trainer.subsample 0)."
    )
    # Config and command line
    DV060 = "Unknown setting '{key}' in [{section}].{hint} Known are: {known}."
    DV061 = "The config can't be used: {why}"
    DV062 = "The pipeline '{base}' can't be loaded: {why}"
    DV063 = (
        "No corpus is given. Set paths.corpus in the config, or --paths.corpus FILE; or "
        "paths.vectors for vectors that exist."
    )
    DV064 = "'{name}' can't be the name of a pipeline package: use ASCII letters, digits and underscores."
    DV065 = (
        "The pipeline '{pipeline}' has no component made by the factory 'domain_vectors'. Run 'build' or 'merge' first."
    )
    DV066 = "The stage '{stage}' needs packages that are not installed ({missing}): {install}"
    DV067 = (
        "'{path}' can't be read as labelled texts: {why}. Give a CSV or TSV file with the columns "
        "text and label, or a .spacy file of docs with cats."
    )
    DV068 = "The pipeline '{base}' has a component named '{name}' already. Choose a base without it."
    DV069 = "'{path}' can't be read as a list of terms: {why}. Give a UTF-8 text file with a word or phrase a line."
    DV070 = (
        "storage.{name} = {value} is too little for the {n_rows} row(s) that must be kept. Give "
        "{least} or more, or a shorter list of terms."
    )
    # Vectors of others
    DV071 = (
        "'{path}' can't be read as vectors: {why}. Give a file of word2vec, GloVe or fastText "
        "(.vec, .bin), a floret table, a .npz or safetensors file that 'export' wrote, each as it is or "
        "packed (gzip, bzip2, xz, zstd, zip), a folder of model2vec, or a pipeline with vectors, by "
        "path or package name."
    )
    DV072 = "'{path}' can't be read as counts: {why}. Give a UTF-8 text file with a word and its count a line."
    DV073 = "'{path}' is a finished table, which {names} can't change. Leave that out, or give vectors of others."
    DV078 = (
        "The memory is not enough: {why}. Give a smaller vector_size, vocabulary.max_vocab, "
        "storage.subwords.n_rows or --memory."
    )
    DV079 = "[{section}] @misc = {name} is no function for this section.{hint} Known are: {known}."
    DV074 = (
        "Only {found} words of '{path}' have a vector of their own in the base '{base}', and "
        "{needed} are needed to align vectors of width {width} with its space. Give vectors of "
        "the base's language with more of its words or of a smaller width, raise "
        "vocabulary.max_vocab if that has cut them, or keep the spaces apart with [combine] "
        '@misc = "spacy_domainvec.DomainOnly.v1".'
    )
    DV075 = "'{path}' is {what}. Convert it to a file that can be read, and give that file: {call}"
    DV076 = (
        "'{path}' has {found} words of width {width} that can be used, and at least {needed} of "
        "width 2 are needed to learn from. Is it the right file?"
    )
    DV096 = (
        "'{path}' is no file, folder or package here, and no model of that name can be opened: "
        "{why}. Check the name and the network, or give the folder of a model."
    )
    DV097 = (
        "The tokenizer of this pipeline ('{lang}') can't be written for model2vec: {why}. "
        "Export another format, such as npz."
    )
    DV077 = (
        "Only {found} of the {total} words to learn from had a vector in the table, and "
        "{needed} are needed to align the new vectors with the old ones. The new texts have "
        "other words: train a table on them alone, or on all texts."
    )
    # Layers and architectures
    DV080 = (
        "The model reads '_.{attr}', and the pipeline has no table for it: {why} In a config "
        "for training, add the component domain_vectors with source = PIPELINE, or with factory "
        '= "domain_vectors" and [initialize.components.domain_vectors] table = PATH.'
    )
    DV081 = (
        "The table's vectors are of width {found}, and the model was trained with vectors of "
        "width {expected}. Use the table that it was trained with, or train it again."
    )
    DV082 = (
        "The model has learned offsets of {n_rows} rows of another table (tune = true). Use the "
        "table that it was trained with, or train it again."
    )
    DV083 = "{n_attrs} attrs and {n_rows} rows are given for the hash embeddings: give a number of rows for each."
    # scikit-learn
    DV084 = "A list or one-dimensional array of texts is needed, not {found}."
    # Rasa
    DV085 = (
        "The featurizer has no vectors. {why} In config.yml, give SpacyNLP a pipeline with "
        "domain vectors as its model, or set 'vectors' of the featurizer to a table or a file "
        "of vectors."
    )
