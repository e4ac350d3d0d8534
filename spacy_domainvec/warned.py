"""All messages of warnings, see `errors`."""

from .codes import WithCodes


class Warnings(metaclass=WithCodes):
    """The messages of DomainVectorsWarning."""

    DV101 = "{total} {what} of the corpus skipped: {details}."
    DV102 = (
        "'_.{attr}' of this vocab was bound to the table of another component and now answers "
        "from '{name}'. Two components in one vocab need different names: set attr_name."
    )
    DV103 = (
        "The vectors of this vocab ({found_id}) are not the vectors to which the table was "
        "aligned ({expected_id}), so they are left out: {instead}. Use the base with which the "
        "table was built."
    )
    DV104 = "Left out of a folder or glob: {details}."
    DV105 = "{missing} of {total} terms have no vector of their own in the table: {details}."
    DV106 = (
        "These files can't be split, so one process reads each of them: {details}. To read with "
        "all cores, decompress them, or split them into several files. The counting uses all "
        "cores anyway."
    )
    DV118 = (
        "Of {wanted} processes, {found} fit into --memory {memory}: the command itself and each "
        "process need at least 600 MB. Give --memory {needed} for all processes, and more to "
        "be faster."
    )
    DV107 = "The tokenizer ({kind}) can't be sent to other processes, so one process does the work."
    DV109 = "{total} {what} of the corpus mended and read: {details}."
    DV110 = (
        "It can't be seen whether these files have changed, so what was read of them before is "
        "used again: {details}. To read them again, remove the work folder first."
    )
    DV112 = "{total:,} of {n_rows:,} rows of '{path}' left out: {details}."
    DV113 = "'{path}' announces {announced:,} rows in its header and has {found:,}. All that it has were read."
    DV114 = (
        "The vectors of '{name}' hardly fit the base's: held-out cosine {cosine:.3f} with "
        "{anchors:,} anchors, where chance gives 0. A combination of the two is noise. {advice}"
    )
    DV119 = (
        "The teacher '{name}' is of the language {languages} by its model card, and the base of '{lang}'. One "
        "of another language makes vectors worse: give an encoder of the texts' language."
    )
    DV115 = (
        "{missing:,} of {total:,} words of the base's vectors have no name in the pipeline, so "
        "{what}. If it was merged with --shrink-base, take one that was merged without."
    )
