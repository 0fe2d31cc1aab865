#include "interop/import_models.h"

#include <memory>
#include <utility>

#include "train/recvae_trainer.h"
#include "train/sequence_trainer.h"
#include "train/vae_trainer.h"

namespace vitrine {
namespace {

// The names are those of younggyoseo/vae-cf-pytorch. Others: RecBole's MultiVAE, and the authors'
// own TensorFlow (dawenl/vae_cf).
constexpr Renaming kVaeLayout[] = {
    {"encoder.0", "q_layers.0"},
    {"encoder.2", "q_layers.1"},
    {"encoder.4", "q_layers.2"},
    {"decoder.0", "p_layers.0"},
    {"decoder.2", "p_layers.1"},
    {"decoder.4", "p_layers.2"},
    {"weight_q_0to1", "q_layers.0.kernel"},
    {"bias_q_1", "q_layers.0.bias"},
    {"weight_q_1to2", "q_layers.1.kernel"},
    {"bias_q_2", "q_layers.1.bias"},
    {"weight_p_0to1", "p_layers.0.kernel"},
    {"bias_p_1", "p_layers.0.bias"},
    {"weight_p_1to2", "p_layers.1.kernel"},
    {"bias_p_2", "p_layers.1.bias"},
};

Result<AddModel> ReadVae(const ImportQuestion& question, WeightReader& in) {
  const size_t hidden = in.Outputs("q_layers.0"), latent = in.Inputs("p_layers.0");
  const size_t n_items = in.Inputs("q_layers.0");
  if (in.Has("q_layers.2.weight") || in.Has("p_layers.2.weight")) {
    in.Fail(
        "has more than one hidden layer on a side; a vae of ours has one in the encoder and "
        "one in the decoder, train it so");
  }
  in.SetItems("q_layers.0.weight", n_items, question.places, question.n_named, false);
  VITRINE_RETURN_IF_ERROR(in.status());

  const VaeShape shape{in.n_items(), hidden, latent};
  const auto params = std::make_shared<VaeParams<CpuBackend>>(shape);
  in.DenseFromItems("q_layers.0", params->encoder_table, params->encoder_bias);
  in.Dense("q_layers.1", params->latent_weight, params->latent_bias);
  in.Dense("p_layers.0", params->decoder_weight, params->decoder_bias);
  in.DenseToItems("p_layers.1", params->item_table, params->item_bias);
  VITRINE_RETURN_IF_ERROR(in.status());
  return AddModel([=](TensorFileWriter& writer) { AddVae(shape, *params, writer); });
}

// The names are those of ilya-shenbin/RecVAE and of RecBole's RecVAE. The prior is for training.
constexpr std::string_view kRecVaePassedOver[] = {"prior."};

Result<AddModel> ReadRecVae(const ImportQuestion& question, WeightReader& in) {
  RecVaeShape shape{
      .hidden = in.Outputs("encoder.fc1"), .latent = in.Outputs("encoder.fc_mu"), .layers = 1};
  const auto layer = [](const char* name, size_t i) {
    return std::string("encoder.") + name + std::to_string(i);
  };
  while (in.Has(layer("fc", shape.layers + 1) + ".weight")) ++shape.layers;
  in.SetItems("encoder.fc1.weight", in.Inputs("encoder.fc1"), question.places, question.n_named,
              false);
  VITRINE_RETURN_IF_ERROR(in.status());

  shape.n_items = in.n_items();
  const auto params = std::make_shared<RecVaeParams<CpuBackend>>(shape);
  RecVaeEncoder<CpuBackend>& encoder = params->encoder;
  in.DenseFromItems(layer("fc", 1), encoder.table, encoder.bias);
  for (size_t i = 0; i < shape.layers; ++i) {
    if (i > 0) in.Dense(layer("fc", i + 1), encoder.weights[i - 1], encoder.biases[i - 1]);
    in.Norm(layer("ln", i + 1), encoder.gains[i], encoder.shifts[i]);
  }
  // One above the other: the means, then the log variances.
  const MatrixView weight = encoder.latent_weight, bias = encoder.latent_bias;
  in.Dense("encoder.fc_mu", weight.Rows(0, shape.latent),
           {bias.data, 1, shape.latent, bias.stride});
  in.Dense("encoder.fc_logvar", weight.Rows(shape.latent, shape.latent),
           {bias.data + shape.latent, 1, shape.latent, bias.stride});
  in.DenseToItems("decoder", params->item_table, params->item_bias);
  VITRINE_RETURN_IF_ERROR(in.status());
  return AddModel([=](TensorFileWriter& writer) { AddRecVae(shape, *params, writer); });
}

// The names are those of S3-Rec (RUCAIBox/CIKM2020-S3Rec). Others: the SASRec of
// yehjin-shin/BSARec, and RecBole's.
constexpr const char* kRecBoleAttention = "trm_encoder.layer.#.multi_head_attention";
constexpr Renaming kSasRecLayout[] = {
    {"item_encoder.blocks.#.layer", "item_encoder.layer.#.attention"},
    {"item_encoder.blocks.#.feed_forward", "item_encoder.layer.#.intermediate"},
    {"item_embedding", "item_embeddings"},
    {"position_embedding", "position_embeddings"},
    {kRecBoleAttention, "item_encoder.layer.#.attention"},
    {"trm_encoder.layer.#.feed_forward", "item_encoder.layer.#.intermediate"},
};
// Of S3-Rec's pretraining.
constexpr std::string_view kSasRecPassedOver[] = {"attribute_embeddings.", "aap_norm.", "mip_norm.",
                                                  "map_norm.", "sp_norm."};

// What looks like it and is another model.
Status CheckSasRec(WeightReader& in) {
  if (in.Has("attention_layernorms.0.weight")) {
    in.Fail(
        "normalises before attention and not behind it, as pmixer/SASRec.pytorch does; only "
        "the other form ranks in a page, train it with RecBole or BSARec's code");
  } else if (in.Has("item_encoder.layer.0.attention.filter_layer.sqrt_beta")) {
    in.Fail(
        "has BSARec's frequency layer, which sees the padding of short histories as well; "
        "import a SASRec, or `vitrine train --model sequence` with --frequency");
  }
  return in.status();
}

Result<AddModel> ReadSasRec(const ImportQuestion& question, WeightReader& in) {
  VITRINE_RETURN_IF_ERROR(CheckSasRec(in));
  const auto block_name = [](size_t i) { return "item_encoder.layer." + std::to_string(i) + "."; };
  SequenceShape shape{.dim = in.Cols("item_embeddings.weight"),
                      .blocks = 1,
                      .heads = question.heads,
                      .inner = in.Outputs(block_name(0) + "intermediate.dense_1"),
                      .max_length = in.Rows("position_embeddings.weight"),
                      .frequency = 0};
  while (in.Has(block_name(shape.blocks) + "attention.query.weight")) ++shape.blocks;
  in.SetItems("item_embeddings.weight", in.Rows("item_embeddings.weight"), question.places,
              question.n_named, true);
  if (shape.heads == 0 || shape.dim % shape.heads != 0) {
    in.Fail("does not tell how many attention heads it has; say it with --heads, a divisor of " +
            std::to_string(shape.dim));
  }
  VITRINE_RETURN_IF_ERROR(in.status());

  shape.n_items = in.n_items();
  const auto params = std::make_shared<SequenceParams<CpuBackend>>(shape);
  const MatrixView table = params->table;
  in.ItemTable("item_embeddings.weight", table.Rows(0, shape.n_items));
  const MatrixView places = table.Rows(shape.first_place(), shape.max_length);
  in.Table("position_embeddings.weight", places);
  in.Norm("LayerNorm", params->input_gain, params->input_bias);
  for (size_t i = 0; i < shape.blocks; ++i) {
    SequenceBlockParams<CpuBackend>& block = params->blocks[i];
    const std::string attention = block_name(i) + "attention.";
    const std::string intermediate = block_name(i) + "intermediate.";
    in.Dense(attention + "query", block.query_weight, block.query_bias);
    in.Dense(attention + "key", block.key_weight, block.key_bias);
    in.Dense(attention + "value", block.value_weight, block.value_bias);
    in.Dense(attention + "dense", block.output_weight, block.output_bias);
    in.Norm(attention + "LayerNorm", block.attention_gain, block.attention_bias);
    in.Dense(intermediate + "dense_1", block.inner_weight, block.inner_bias);
    in.Dense(intermediate + "dense_2", block.outer_weight, block.outer_bias);
    in.Norm(intermediate + "LayerNorm", block.final_gain, block.final_bias);
  }
  VITRINE_RETURN_IF_ERROR(in.status());

  // RecBole fills up on the right, the others on the left. Our places count from the last event.
  const Padding padding =
      question.padding.value_or(in.Follows(kRecBoleAttention) ? Padding::kRight : Padding::kLeft);
  for (size_t r = 0; padding == Padding::kLeft && r < places.rows / 2; ++r) {
    std::ranges::swap_ranges(places.RowSpan(r), places.RowSpan(places.rows - 1 - r));
  }
  return AddModel([=](TensorFileWriter& writer) {
    AddSequence(shape, *params, Matrix(), writer);
    if (padding == Padding::kRight) writer.SetMetadata("sequence.places_from_first", int64_t{1});
  });
}

// Scores are history @ B, as in Steck's own code; a PyTorch layer's weight is the transpose.
Result<AddModel> ReadEase(const ImportQuestion& question, WeightReader& in) {
  if (in.Has("weight")) in.NameTheOnly("B.weight");
  if (!in.Has("B.weight")) in.NameTheOnly("B");
  const bool is_layer = in.Has("B.weight");
  const std::string name = is_layer ? "B.weight" : "B";
  in.SetItems(name, in.Rows(name), question.places, question.n_named, false);
  VITRINE_RETURN_IF_ERROR(in.status());

  if (in.n_padding_rows() > 0) {
    Matrix whole(in.Rows(name), in.Rows(name));
    in.Table(name, whole.view());
    for (size_t i = 0; i < whole.rows(); ++i) {
      if (whole(0, i) == 0 && whole(i, 0) == 0) continue;
      in.Fail("has weights of " + std::to_string(whole.rows()) + " products, but " +
              std::to_string(question.n_named) +
              " are named; name them all with --items, in the order of the weights");
      break;
    }
    VITRINE_RETURN_IF_ERROR(in.status());
  }
  const auto table = std::make_shared<Matrix>(in.n_items(), in.n_items());
  in.ItemSquare(name, is_layer != in.IsInOut(name), *table);
  VITRINE_RETURN_IF_ERROR(in.status());
  return AddModel([=](TensorFileWriter& writer) {
    AddProfile(ProfileOptions{}, writer);
    AddDenseTable(*table, writer);
  });
}

constexpr ImportKind kKinds[] = {
    {"vae", "vae", kVaeLayout, {}, ReadVae},
    {"recvae", "vae", {}, kRecVaePassedOver, ReadRecVae},
    {"sasrec", "sequence", kSasRecLayout, kSasRecPassedOver, ReadSasRec},
    {"ease", "linear", {}, {}, ReadEase},
};

}  // namespace

std::span<const ImportKind> ImportKinds() { return kKinds; }

}  // namespace vitrine
