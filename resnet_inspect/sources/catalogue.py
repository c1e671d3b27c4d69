"""What is known of every named variant without importing torch.

Of torchvision's networks that are no ResNets it is what they are for, what they take, and what they
cost.

Parameters and MACs are those that this tool counts for the default input; a test holds each
against a fresh trace and the names against torchvision's registry. How much the heads of the
two-stage detectors compute depends on how many proposals an image yields: for the five whose
trace differs from torchvision's published figure for that reason, it is the published one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from resnet_inspect.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Variant:
    """A network that can be named."""

    name: str
    """As a user writes it, with the prefix of its source: "resnet50", "timm:resnet50d"."""
    family: str
    """What it is for, "classification", or the kin it belongs to."""
    block: str = ""
    """The kind of its blocks; "" where it is not known before the network is built."""
    depths: tuple[int, ...] = ()
    """Blocks per stage; () where not known."""
    parameters: int | None = None
    macs: int | None = None
    """Multiply-accumulates for one default input."""
    input: tuple[int, ...] = (1, 3, 224, 224)
    """Default input shape, batch first; a detector gets it as a list of images."""


_TABLE = """
resnet18                   classification basic      2-2-2-2   11689512   1814073344 1x3x224x224
resnet34                   classification basic      3-4-6-3   21797672   3663761408 1x3x224x224
resnet50                   classification bottleneck 3-4-6-3   25557032   4089184256 1x3x224x224
resnet101                  classification bottleneck 3-4-23-3  44549160   7801405440 1x3x224x224
resnet152                  classification bottleneck 3-8-36-3  60192808  11513626624 1x3x224x224
resnext50_32x4d            classification bottleneck 3-4-6-3   25028904   4230479872 1x3x224x224
resnext101_32x8d           classification bottleneck 3-4-23-3  88791336  16414015488 1x3x224x224
resnext101_64x4d           classification bottleneck 3-4-23-3  83455272  15460270080 1x3x224x224
wide_resnet50_2            classification bottleneck 3-4-6-3   68883240  11398021120 1x3x224x224
wide_resnet101_2           classification bottleneck 3-4-23-3 126886696  22753050624 1x3x224x224
quantized_resnet18         quantizable    basic      2-2-2-2   11689512   1814073344 1x3x224x224
quantized_resnet50         quantizable    bottleneck 3-4-6-3   25557032   4089184256 1x3x224x224
quantized_resnext101_32x8d quantizable    bottleneck 3-4-23-3  88791336  16414015488 1x3x224x224
quantized_resnext101_64x4d quantizable    bottleneck 3-4-23-3  83455272  15460270080 1x3x224x224
fcn_resnet50               segmentation   bottleneck 3-4-6-3   32957013 142725772800 1x3x520x520
fcn_resnet101              segmentation   bottleneck 3-4-23-3  51949141 222746867200 1x3x520x520
deeplabv3_resnet50         segmentation   bottleneck 3-4-6-3   39638869 168731205888 1x3x520x520
deeplabv3_resnet101        segmentation   bottleneck 3-4-23-3  58630997 248752300288 1x3x520x520
fasterrcnn_resnet50_fpn    detection      bottleneck 3-4-6-3   41808406 134380000000 1x3x800x800
fasterrcnn_resnet50_fpn_v2 detection      bottleneck 3-4-6-3   43712278 280370729472 1x3x800x800
maskrcnn_resnet50_fpn      detection      bottleneck 3-4-6-3   44454513 134380000000 1x3x800x800
maskrcnn_resnet50_fpn_v2   detection      bottleneck 3-4-6-3   46359409 333577359872 1x3x800x800
keypointrcnn_resnet50_fpn  detection      bottleneck 3-4-6-3   59190378 133924000000 1x3x800x800
retinanet_resnet50_fpn     detection      bottleneck 3-4-6-3   34068119 151540437248 1x3x800x800
retinanet_resnet50_fpn_v2  detection      bottleneck 3-4-6-3   38198935 152238199040 1x3x800x800
fcos_resnet50_fpn          detection      bottleneck 3-4-6-3   32322720 128207052800 1x3x800x800
r3d_18                     video          basic      2-2-2-2   33371472  40696553472 1x3x16x112x112
mc3_18                     video          basic      2-2-2-2   11695440  43342635008 1x3x16x112x112
r2plus1d_18                video          basic      2-2-2-2   31505325  40519080960 1x3x16x112x112
paper:plain18              paper          plain      2-2-2-2     11515688  1794805760 1x3x224x224
paper:plain34              paper          plain      3-4-6-3     21623848  3644493824 1x3x224x224
paper:resnet18             paper          basic      2-2-2-2     11515688  1794805760 1x3x224x224
paper:resnet34             paper          basic      3-4-6-3     21623848  3644493824 1x3x224x224
paper:resnet34_b           paper          basic      3-4-6-3     21797672  3663761408 1x3x224x224
paper:resnet34_c           paper          basic      3-4-6-3     22716840  3830747136 1x3x224x224
paper:resnet50             paper          bottleneck 3-4-6-3     25557032  3857973248 1x3x224x224
paper:resnet101            paper          bottleneck 3-4-23-3    44549160  7570194432 1x3x224x224
paper:resnet152            paper          bottleneck 3-8-36-3    60192808 11282415616 1x3x224x224
paper:resnet18_v1_5        paper          basic      2-2-2-2     11689512  1814073344 1x3x224x224
paper:resnet34_v1_5        paper          basic      3-4-6-3     21797672  3663761408 1x3x224x224
paper:resnet50_v1_5        paper          bottleneck 3-4-6-3     25557032  4089184256 1x3x224x224
paper:resnet101_v1_5       paper          bottleneck 3-4-23-3    44549160  7801405440 1x3x224x224
paper:resnet152_v1_5       paper          bottleneck 3-8-36-3    60192808 11513626624 1x3x224x224
paper:cifar_plain20        paper          plain      3-3-3         269722    40551040 1x3x32x32
paper:cifar_plain32        paper          plain      5-5-5         464154    68862592 1x3x32x32
paper:cifar_plain44        paper          plain      7-7-7         658586    97174144 1x3x32x32
paper:cifar_plain56        paper          plain      9-9-9         853018   125485696 1x3x32x32
paper:cifar_resnet20       paper          basic      3-3-3         269722    40551040 1x3x32x32
paper:cifar_resnet32       paper          basic      5-5-5         464154    68862592 1x3x32x32
paper:cifar_resnet44       paper          basic      7-7-7         658586    97174144 1x3x32x32
paper:cifar_resnet56       paper          basic      9-9-9         853018   125485696 1x3x32x32
paper:cifar_resnet110      paper          basic      18-18-18     1727962   252887680 1x3x32x32
paper:cifar_resnet1202     paper          basic      200-200-200 19421274  2829238912 1x3x32x32
paper:cifar_resnet20_b     paper          basic      3-3-3         272474    40813184 1x3x32x32
paper:cifar_resnet32_b     paper          basic      5-5-5         466906    69124736 1x3x32x32
paper:cifar_resnet44_b     paper          basic      7-7-7         661338    97436288 1x3x32x32
paper:cifar_resnet56_b     paper          basic      9-9-9         855770   125747840 1x3x32x32
paper:cifar_resnet110_b    paper          basic      18-18-18     1730714   253149824 1x3x32x32
paper:cifar_resnet1202_b   paper          basic      200-200-200 19424026  2829501056 1x3x32x32
paper:preact_resnet110     paper          basic      18-18-18     1727962   252887680 1x3x32x32
paper:preact_resnet164     paper          bottleneck 18-18-18     1703258   244500992 1x3x32x32
paper:preact_resnet1001    paper          bottleneck 111-111-111 10327706  1487849984 1x3x32x32
paper:tutorial_resnet18    paper          basic      2-2-2-2     11173962   555422720 1x3x32x32
paper:tutorial_resnet34    paper          basic      3-4-6-3     21282122  1159402496 1x3x32x32
"""


def _read(line: str) -> Variant:
    name, family, block, depths, parameters, macs, shape = line.split()
    return Variant(
        name,
        family,
        block,
        tuple(map(int, depths.split("-"))),
        int(parameters),
        int(macs),
        tuple(map(int, shape.split("x"))),
    )


VARIANTS: dict[str, Variant] = {
    found.name: found for found in map(_read, _TABLE.strip().splitlines())
}
"""Every named variant, in the order that `resnet-inspect list` shows."""


_OTHERS = """
alexnet                               classification  61100840    714188480 1x3x224x224
convnext_tiny                         classification  28589128   4455531264 1x3x224x224
convnext_small                        classification  50223688   8683712256 1x3x224x224
convnext_base                         classification  88591464  15354729472 1x3x224x224
convnext_large                        classification 197767336  34361433600 1x3x224x224
densenet121                           classification   7978856   2834161664 1x3x224x224
densenet161                           classification  28681000   7727907072 1x3x224x224
densenet169                           classification  14149480   3359843328 1x3x224x224
densenet201                           classification  20013928   4291365888 1x3x224x224
efficientnet_b0                       classification   5288548    385814752 1x3x224x224
googlenet                             classification  13004888   1498376192 1x3x224x224
maxvit_t                              classification  30919624   5558046720 1x3x224x224
mnasnet0_5                            classification   2218512    104455968 1x3x224x224
mnasnet0_75                           classification   3170208    215493104 1x3x224x224
mnasnet1_0                            classification   4383312    314415872 1x3x224x224
mnasnet1_3                            classification   6282256    526362432 1x3x224x224
mobilenet_v2                          classification   3504872    300774272 1x3x224x224
mobilenet_v3_small                    classification   2542856     56510400 1x3x224x224
mobilenet_v3_large                    classification   5483032    216589760 1x3x224x224
regnet_x_400mf                        classification   5495976    413812608 1x3x224x224
regnet_x_800mf                        classification   7259656    799699712 1x3x224x224
regnet_x_1_6gf                        classification   9190136   1602849792 1x3x224x224
regnet_x_3_2gf                        classification  15296552   3176621952 1x3x224x224
regnet_x_8gf                          classification  39572648   7995132416 1x3x224x224
regnet_x_16gf                         classification  54278536  15940755456 1x3x224x224
regnet_x_32gf                         classification 107811560  31735929792 1x3x224x224
regnet_y_400mf                        classification   4344144    401842848 1x3x224x224
regnet_y_800mf                        classification   6432512    833856256 1x3x224x224
regnet_y_1_6gf                        classification  11202430   1612076160 1x3x224x224
regnet_y_3_2gf                        classification  19436338   3176482752 1x3x224x224
regnet_y_8gf                          classification  39381472   8473070592 1x3x224x224
regnet_y_16gf                         classification  83590140  15911510272 1x3x224x224
regnet_y_32gf                         classification 145046770  32279552832 1x3x224x224
regnet_y_128gf                        classification 644812894 127517815680 1x3x224x224
shufflenet_v2_x0_5                    classification   1366792     40476448 1x3x224x224
shufflenet_v2_x1_0                    classification   2278604    144907992 1x3x224x224
shufflenet_v2_x1_5                    classification   3503624    295759392 1x3x224x224
shufflenet_v2_x2_0                    classification   7393996    583253464 1x3x224x224
squeezenet1_0                         classification   1248424    818924576 1x3x224x224
squeezenet1_1                         classification   1235496    349151936 1x3x224x224
swin_t                                classification  28288354   4490566656 1x3x224x224
swin_s                                classification  49606258   8740875264 1x3x224x224
swin_b                                classification  87768224  15430946816 1x3x224x224
vgg11                                 classification 132863336   7609090048 1x3x224x224
vgg11_bn                              classification 132868840   7609090048 1x3x224x224
vgg13                                 classification 133047848  11308466176 1x3x224x224
vgg13_bn                              classification 133053736  11308466176 1x3x224x224
vgg16                                 classification 138357544  15470264320 1x3x224x224
vgg16_bn                              classification 138365992  15470264320 1x3x224x224
vgg19                                 classification 143667240  19632062464 1x3x224x224
vgg19_bn                              classification 143678248  19632062464 1x3x224x224
vit_b_16                              classification  86567656  17563828224 1x3x224x224
vit_b_32                              classification  88224232   4409186304 1x3x224x224
vit_l_16                              classification 304326632  61554712576 1x3x224x224
vit_l_32                              classification 306535400  15377539072 1x3x224x224
vit_h_14                              classification 632045800 167295109120 1x3x224x224
efficientnet_b1                       classification   7794184    686802832 1x3x240x240
swin_v2_t                             classification  28351570   5939690496 1x3x256x256
swin_v2_s                             classification  49737442  11545857024 1x3x256x256
swin_v2_b                             classification  87930848  20325134336 1x3x256x256
efficientnet_b2                       classification   9109994   1087529456 1x3x288x288
inception_v3                          classification  27161264   5713216096 1x3x299x299
efficientnet_b3                       classification  12233232   1827141392 1x3x300x300
efficientnet_b4                       classification  19341616   4393771024 1x3x380x380
efficientnet_v2_s                     classification  21458488   8365617152 1x3x384x384
efficientnet_b5                       classification  30389784  10266384752 1x3x456x456
efficientnet_v2_m                     classification  54139356  24582460384 1x3x480x480
efficientnet_v2_l                     classification 118515272  56079699008 1x3x480x480
efficientnet_b6                       classification  43040704  19067593536 1x3x528x528
efficientnet_b7                       classification  66347960  37745884192 1x3x600x600
deeplabv3_mobilenet_v3_large          segmentation    11025477  10436350688 1x3x520x520
lraspp_mobilenet_v3_large             segmentation     3221538   2086219688 1x3x520x520
ssd300_vgg16                          detection       35641826  34858153472 1x3x300x300
fasterrcnn_mobilenet_v3_large_320_fpn detection       19410754    719000000 1x3x320x320
ssdlite320_mobilenet_v3_large         detection        3440060    583171904 1x3x320x320
fasterrcnn_mobilenet_v3_large_fpn     detection       19410754   4494000000 1x3x800x800
mvit_v1_b                             video           36610672  70599407808 1x3x16x224x224
mvit_v2_s                             video           34537744  64223815872 1x3x16x224x224
s3d                                   video            8320048  17978771456 1x3x16x224x224
swin3d_t                              video           28158070  43882229760 1x3x16x224x224
swin3d_s                              video           49816678  82841284608 1x3x16x224x224
swin3d_b                              video           88048984 140666617856 1x3x16x224x224
"""


def _read_other(line: str) -> Variant:
    name, family, parameters, macs, shape = line.split()
    size = tuple(map(int, shape.split("x")))
    return Variant(name, family, parameters=int(parameters), macs=int(macs), input=size)


OTHERS: dict[str, Variant] = {
    found.name: found for found in map(_read_other, _OTHERS.strip().splitlines())
}
"""torchvision's networks that are no ResNets, by family; a test holds them against its registry."""

NAMED = VARIANTS | OTHERS
"""Whatever can be named without asking a source, the ResNets first."""


def variant(name: str) -> Variant:
    """The variant of that name.

    Raises `UnknownName`, with the nearest names, if there is none.
    """
    found = NAMED.get(name)
    if found is None:
        raise UnknownName("model", name, NAMED, see="`resnet-inspect list` shows every name")
    return found


PUBLISHED_MACS = frozenset(
    {
        "fasterrcnn_resnet50_fpn",
        "maskrcnn_resnet50_fpn",
        "keypointrcnn_resnet50_fpn",
        "fasterrcnn_mobilenet_v3_large_320_fpn",
        "fasterrcnn_mobilenet_v3_large_fpn",
    }
)
"""Variants whose MACs are torchvision's published figure (`weights.meta["_ops"]`)."""


def names(patterns: Iterable[str] = ()) -> list[str]:
    """The names that any of these globs matches; all of them for no glob."""
    wanted = list(patterns)
    return [n for n in NAMED if not wanted or any(fnmatchcase(n, p) for p in wanted)]
