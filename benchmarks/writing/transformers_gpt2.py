"""The same weights in Hugging Face transformers; a worker of `language.py`."""

import numpy as np
import torch
import transformers


class Writer:
    """Decodes greedily with a key-value cache, and embeds."""

    def __init__(self, settings, weights_path):
        self.length = settings["length"]
        config = transformers.GPT2Config(
            vocab_size=settings["vocabulary"],
            n_positions=self.length,
            n_embd=settings["width"],
            n_layer=settings["layers"],
            n_head=settings["heads"],
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            # KerasNLP's GPT-2 has the tanh form too.
            activation_function="gelu_new",
        )
        self.model = transformers.GPT2LMHeadModel(config).eval()
        with np.load(weights_path) as file, torch.no_grad():
            arrays = {name: file[name] for name in file.files}
        self.read_weights(arrays, settings)
        self.prefix = torch.tensor(arrays["prefix"])
        self.difference = self.check(arrays)

    def read_weights(self, arrays, settings):
        """Give the model the weights of KerasNLP's GPT-2."""
        body, width = self.model.transformer, settings["width"]
        state = {
            "wte.weight": arrays["token_embedding"],
            "wpe.weight": arrays["position_embedding"],
            "ln_f.weight": arrays["last/0"],
            "ln_f.bias": arrays["last/1"],
        }
        for index in range(settings["layers"]):
            middle = "feedforward_intermediate_dense"
            output = "feedforward_output_dense"
            part = {
                name: arrays[f"block/{index}/{number}"]
                for number, name in enumerate(arrays["names"])
            }
            attention, block = "self_attention/", f"h.{index}."
            names = ("query", "key", "value")
            kernels = [part[f"{attention}{n}/kernel"] for n in names]
            biases = [part[f"{attention}{n}/bias"].reshape(width) for n in names]
            joined = [kernel.reshape(width, width) for kernel in kernels]
            ours = {
                "attn.c_attn.weight": np.concatenate(joined, axis=1),
                "attn.c_attn.bias": np.concatenate(biases),
                "attn.c_proj.weight": part[
                    f"{attention}attention_output/kernel"
                ].reshape(width, width),
                "attn.c_proj.bias": part[f"{attention}attention_output/bias"],
                "ln_1.weight": part["self_attention_layer_norm/gamma"],
                "ln_1.bias": part["self_attention_layer_norm/beta"],
                "ln_2.weight": part["feedforward_layer_norm/gamma"],
                "ln_2.bias": part["feedforward_layer_norm/beta"],
                "mlp.c_fc.weight": part[f"{middle}/kernel"],
                "mlp.c_fc.bias": part[f"{middle}/bias"],
                "mlp.c_proj.weight": part[f"{output}/kernel"],
                "mlp.c_proj.bias": part[f"{output}/bias"],
            }
            state |= {block + name: array for name, array in ours.items()}
        state = {name: torch.tensor(array) for name, array in state.items()}
        left = body.load_state_dict(state, strict=False)
        missing = [
            n for n in left.missing_keys if not n.endswith((".bias", "masked_bias"))
        ]
        if missing or left.unexpected_keys:
            raise RuntimeError(f"Weights do not fit: {left}")

    def check(self, arrays):
        """Return the largest difference of the logits from the package's."""
        ids = torch.tensor(arrays["token_ids"], dtype=torch.long)
        with torch.no_grad():
            cache = self.read_prefix(self.prefix)
            positions = torch.arange(ids.shape[1])[None]
            logits = self.model(
                input_ids=ids, past_key_values=cache, position_ids=positions
            ).logits
        return float(np.abs(logits.numpy() - arrays["logits"]).max())

    def read_prefix(self, prefix):
        """Return the keys and values of image features, which have no positions."""
        nowhere = torch.zeros(prefix.shape[:2], dtype=torch.long)
        embeddings = prefix - self.model.transformer.wpe(nowhere)
        return self.model(
            inputs_embeds=embeddings, position_ids=nowhere, use_cache=True
        ).past_key_values

    def caption(self, batch):
        """Write a batch of captions; return how many tokens were written."""
        with torch.inference_mode():
            cache = self.read_prefix(self.prefix[:1].repeat(batch, 1, 1))
            token = torch.zeros((batch, 1), dtype=torch.long)
            for place in range(self.length - 1):
                result = self.model(
                    input_ids=token,
                    past_key_values=cache,
                    position_ids=torch.full((batch, 1), place),
                    use_cache=True,
                )
                cache = result.past_key_values
                token = result.logits[:, -1:].argmax(dim=-1)
        return batch * (self.length - 1)

    def embed(self, batch):
        """Embed a batch of captions of full length; return how many."""
        ids = torch.full((batch, self.length), 7)
        with torch.inference_mode():
            self.model.transformer(input_ids=ids)
        return batch
